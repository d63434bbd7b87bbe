import type { FeedEntry, FeedListener, Revocation, RevocationFeed } from '@gaia/state/state';

/** A feed that fails in the ways in which Redis can fail, one at a time. */
export interface FakeFeed extends Pick<RevocationFeed, 'snapshot' | 'head' | 'subscribe'> {
  add(revocation: Revocation, expiresAt?: number): FeedEntry;
  /** Pushes are lost silently, as with Pub/Sub. */
  losePushes(lost: boolean): void;
  /** The push channel goes down or comes back. */
  setConnected(up: boolean): void;
  /** Every question is refused. */
  setFailing(failing: boolean): void;
  /** No question is ever answered. */
  setHanging(hanging: boolean): void;
  /** Everything is forgotten and a new epoch begins. */
  loseMemory(): void;
  /** The newest entries are forgotten within the epoch, as after a failover to a replica that lagged. */
  loseTail(count: number): void;
  push(epoch: string, entry: FeedEntry): void;
  calls(): { readonly snapshots: number; readonly heads: number; readonly subscriptions: number };
  listeners(): number;
}

export function createFakeFeed(now: () => number): FakeFeed {
  const listeners = new Set<FeedListener>();
  let entries: FeedEntry[] = [];
  let epoch = 1;
  let sequence = 0;
  let lost = false;
  let connected = true;
  let failing = false;
  let hanging = false;
  let snapshots = 0;
  let heads = 0;
  let subscriptions = 0;

  async function answer<T>(value: () => T): Promise<T> {
    if (hanging) await new Promise(() => undefined);
    if (failing) throw new Error('the state backend does not answer');
    return value();
  }

  function push(ofEpoch: string, entry: FeedEntry): void {
    for (const listener of listeners) listener.onEntry(ofEpoch, entry);
  }

  return {
    add(revocation, expiresAt = now() + 900_000) {
      sequence += 1;
      const entry = { sequence, revocation, expiresAt };
      entries.push(entry);
      if (!lost && connected) push(String(epoch), entry);
      return entry;
    },
    losePushes: (value) => {
      lost = value;
    },
    setConnected: (up) => {
      connected = up;
      for (const listener of listeners) listener.onConnection(up);
    },
    setFailing: (value) => {
      failing = value;
    },
    setHanging: (value) => {
      hanging = value;
    },
    loseMemory: () => {
      epoch += 1;
      sequence = 0;
      entries = [];
    },
    loseTail: (count) => {
      entries = entries.slice(0, -count);
      sequence -= count;
    },
    push,
    calls: () => ({ snapshots, heads, subscriptions }),
    listeners: () => listeners.size,
    snapshot: () => {
      snapshots += 1;
      return answer(() => ({ epoch: String(epoch), sequence, entries: [...entries] }));
    },
    head: () => {
      heads += 1;
      return answer(() => ({ epoch: String(epoch), sequence }));
    },
    subscribe: (listener) => {
      subscriptions += 1;
      return answer(() => {
        listeners.add(listener);
        if (connected) listener.onConnection(true);
        return async () => {
          listeners.delete(listener);
        };
      });
    },
  };
}
