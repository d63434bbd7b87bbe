import { createMemoryState } from '@gaia/state/memory';
import { openState } from '@gaia/state/open';
import type { State } from '@gaia/state/state';
import { redisUnavailableReason, testRedis } from '@gaia/test-servers/state';
import { onTestFinished } from 'vitest';

export interface StateBackend {
  readonly name: string;
  readonly skip: boolean;
  /** Opens as many views of one state as there are replicas, for the length of the running test. */
  open(replicas: number): State[];
}

/** The backends to run a test on; Redis is skipped, with its reason in the name, where there is none. */
export function stateBackends(): StateBackend[] {
  const unavailable = redisUnavailableReason();
  return [
    {
      name: 'memory',
      skip: false,
      open: (replicas) => {
        const state = createMemoryState({ now: Date.now });
        onTestFinished(() => state.close());
        return Array.from({ length: replicas }, () => state);
      },
    },
    {
      name: unavailable === undefined ? 'redis' : `redis (${unavailable})`,
      skip: unavailable !== undefined,
      open: (replicas) => {
        const redis = testRedis();
        if (redis === undefined) throw new Error('there is no Redis');
        return Array.from({ length: replicas }, () => {
          const state = openState({ redisUrl: redis.url, prefix: redis.prefix, now: Date.now });
          onTestFinished(() => state.close());
          return state;
        });
      },
    },
  ];
}
