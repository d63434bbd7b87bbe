import { assertWhole, SKEW_MS } from '../bounds.ts';
import type { FeedEntry, FeedListener, RevocationFeed } from '../state.ts';
import { createExpiringMap } from './expiring-map.ts';

/** The feed of one process: a new epoch at every start, because everything before is forgotten. */
export function createMemoryFeed(options: {
  epoch: string;
  capacity: number;
  onListenerError: (error: unknown) => void;
}): RevocationFeed & { sweep(now: number): void; stop(): void } {
  const { epoch } = options;
  const entries = createExpiringMap<FeedEntry>({ capacity: options.capacity, whenFull: 'refuse' });
  const listeners = new Set<{ readonly listener: FeedListener }>();
  let sequence = 0;

  function tell(listener: FeedListener, event: (listener: FeedListener) => void): void {
    try {
      event(listener);
    } catch (error) {
      options.onListenerError(error);
    }
  }

  return {
    async append(cutOff, expiresAt, now) {
      assertWhole({ expiresAt, now });
      const entry: FeedEntry = Object.freeze({
        sequence: sequence + 1,
        cutOff: Object.freeze(structuredClone(cutOff)),
        expiresAt,
      });
      entries.set(String(entry.sequence), entry, expiresAt + SKEW_MS, now);
      sequence = entry.sequence;
      for (const { listener } of listeners) tell(listener, (it) => it.onEntry(epoch, entry));
      return entry;
    },
    async snapshot(now) {
      return { epoch, sequence, entries: entries.living(now).filter((entry) => entry.expiresAt > now) };
    },
    async head() {
      return { epoch, sequence };
    },
    async subscribe(listener) {
      const subscription = { listener };
      listeners.add(subscription);
      tell(listener, (it) => it.onConnection(true));
      return async () => {
        listeners.delete(subscription);
      };
    },
    sweep: entries.sweep,
    stop: () => listeners.clear(),
  };
}
