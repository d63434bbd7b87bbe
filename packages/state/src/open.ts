import type { StateLog } from './log.ts';
import { createMemoryState } from './memory/memory-state.ts';
import { createRedisState } from './redis/redis-state.ts';
import type { State } from './state.ts';

export interface OpenStateOptions {
  /** Absent: state lives in this process and dies with it. */
  readonly redisUrl: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Begins every key in Redis; `gaia:` unless given. */
  readonly prefix?: string;
  readonly log?: StateLog;
}

/** The state that the settings ask for. Returns at once, whether Redis answers or not; throws for an unusable URL. */
export function openState({ redisUrl, now, prefix, log }: OpenStateOptions): State {
  const logging = log === undefined ? {} : { log };
  if (redisUrl === undefined) return createMemoryState({ now, ...logging });
  return createRedisState({ url: redisUrl, ...(prefix !== undefined && { prefix }), ...logging });
}
