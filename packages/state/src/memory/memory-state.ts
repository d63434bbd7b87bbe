import { randomUUID } from 'node:crypto';
import { type StateLog, silentLog } from '../log.ts';
import type { State } from '../state.ts';
import { createMemoryFamilies } from './memory-families.ts';
import { createMemoryFeed } from './memory-feed.ts';
import { createMemoryConsumed, createMemoryCounters, createMemoryRecords } from './memory-records.ts';
import { noStorage, type Storage } from './storage.ts';

const CAPACITY = 1_000_000;
const COUNTER_CAPACITY = 200_000;
const SWEEP_EVERY_MS = 60_000;

export interface MemoryStateOptions {
  /** Milliseconds since the epoch; for the background sweep. */
  readonly now: () => number;
  readonly log?: StateLog;
  /** Name of the feed's epoch; random unless given. */
  readonly epoch?: string;
  /** Keeps the state beyond the process; nowhere unless given. */
  readonly storage?: Storage;
}

/**
 * State of one process, for a suite that runs in one. Without storage it forgets everything when the process ends; its feed
 * then starts a new epoch. Bounded: expired entries are swept, and at a million living ones further are refused with
 * StateUnavailable (counters: the oldest are forgotten).
 */
export function createMemoryState(options: MemoryStateOptions): State {
  const log = options.log ?? silentLog;
  const storage = options.storage ?? noStorage;
  const families = createMemoryFamilies(CAPACITY, storage);
  const revocations = createMemoryFeed({
    epoch: options.epoch ?? randomUUID(),
    capacity: CAPACITY,
    storage,
    onListenerError: (error) => log.warn({ err: error }, 'a listener of the revocation feed failed'),
  });
  const records = createMemoryRecords({ capacity: CAPACITY, now: options.now, storage });
  const counters = createMemoryCounters(COUNTER_CAPACITY, storage);
  const consumed = createMemoryConsumed(CAPACITY, storage);

  const timer = setInterval(() => {
    const now = options.now();
    for (const store of [families, revocations, records, counters, consumed]) store.sweep(now);
  }, SWEEP_EVERY_MS);
  timer.unref();

  return {
    kind: 'memory',
    families,
    revocations,
    records,
    counters,
    consumeOnce: consumed.consumeOnce,
    ping: async () => {},
    async close() {
      clearInterval(timer);
      revocations.stop();
    },
  };
}
