import { assertWhole, SKEW_MS } from '../bounds.ts';
import type { FeedEntry, FeedListener, Revocation, RevocationFeed } from '../state.ts';
import { createExpiringMap } from './expiring-map.ts';
import type { Storage } from './storage.ts';

interface Head {
  readonly epoch: string;
  readonly sequence: number;
}

/** `state.sqlite` of earlier versions has this member name. */
type StoredEntry = Omit<FeedEntry, 'revocation'> & { readonly cutOff: Revocation };

const HEAD = 'head';

/** The feed of one process. `epoch` names it where no feed of before is stored. */
export function createMemoryFeed(options: {
  epoch: string;
  capacity: number;
  storage: Storage;
  onListenerError: (error: unknown) => void;
}): RevocationFeed & { sweep(now: number): void; stop(): void } {
  const { map, settled } = options.storage;
  const entries = createExpiringMap<StoredEntry>({
    capacity: options.capacity,
    whenFull: 'refuse',
    storage: map('revocations', 'awaited'),
  });
  const heads = createExpiringMap<Head>({
    capacity: 1,
    whenFull: 'refuse',
    storage: map('revocation-head', 'awaited'),
  });
  const listeners = new Set<{ readonly listener: FeedListener }>();
  const head = (): Head => heads.get(HEAD, 0) ?? { epoch: options.epoch, sequence: 0 };
  /** The head that followers see: after a crash another entry could get a sequence that is not stored. */
  let told = head();

  function tell(listener: FeedListener, event: (listener: FeedListener) => void): void {
    try {
      event(listener);
    } catch (error) {
      options.onListenerError(error);
    }
  }

  return {
    async append(revocation, expiresAt, now) {
      assertWhole({ expiresAt, now });
      const { epoch, sequence } = head();
      const entry: FeedEntry = Object.freeze({
        sequence: sequence + 1,
        revocation: Object.freeze(structuredClone(revocation)),
        expiresAt,
      });
      const { revocation: cutOff, ...stored } = entry;
      entries.set(String(entry.sequence), { ...stored, cutOff }, expiresAt + SKEW_MS, now);
      heads.set(HEAD, { epoch, sequence: entry.sequence }, Number.MAX_SAFE_INTEGER, now);
      await settled();
      told = { epoch, sequence: entry.sequence };
      for (const { listener } of listeners) tell(listener, (it) => it.onEntry(epoch, entry));
      return entry;
    },
    async snapshot(now) {
      const living = entries.living(now).filter((entry) => entry.expiresAt > now && entry.sequence <= told.sequence);
      return { ...told, entries: living.map(({ cutOff, ...entry }) => ({ ...entry, revocation: cutOff })) };
    },
    async head() {
      return told;
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
