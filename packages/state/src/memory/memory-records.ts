import { assertWhole, consumedUntil, recordJson } from '../bounds.ts';
import type { CounterStore, RecordStore, State } from '../state.ts';
import { createExpiringMap } from './expiring-map.ts';
import type { Storage } from './storage.ts';

interface Sweeping {
  sweep(now: number): void;
}

/** Documents are held as JSON, so that no caller shares an object with another and both backends hold the same. */
export function createMemoryRecords(options: {
  capacity: number;
  now: () => number;
  storage: Storage;
}): RecordStore & Sweeping {
  const { map, settled } = options.storage;
  const records = createExpiringMap<string>({
    capacity: options.capacity,
    whenFull: 'refuse',
    storage: map('records', 'awaited'),
  });
  const put = (key: string, json: string, expiresAt: number, now: number) => {
    if (expiresAt > now) records.set(key, json, expiresAt, now);
    else records.delete(key);
  };
  return {
    async get(collection, id, now) {
      const json = records.get(pairKey(collection, id), now);
      return json === undefined ? undefined : JSON.parse(json);
    },
    async set(collection, id, value, expiresAt, now) {
      assertWhole({ expiresAt, now });
      put(pairKey(collection, id), recordJson(value), expiresAt, now);
      await settled();
    },
    async delete(collection, id) {
      const key = pairKey(collection, id);
      const living = records.get(key, options.now()) !== undefined;
      records.delete(key);
      await settled();
      return living;
    },
    async add(collection, id, value, expiresAt, now) {
      assertWhole({ expiresAt, now });
      const json = recordJson(value);
      const key = pairKey(collection, id);
      const isFree = records.get(key, now) === undefined;
      if (isFree) put(key, json, expiresAt, now);
      await settled();
      return isFree;
    },
    sweep: records.sweep,
  };
}

/** Under a flood of keys the oldest windows are forgotten: counting wrongly beats refusing everybody. */
export function createMemoryCounters(capacity: number, { map }: Storage): CounterStore & Sweeping {
  const counters = createExpiringMap<{ readonly value: number; readonly endsAt: number }>({
    capacity,
    whenFull: 'forget-oldest',
    // Every request counts something, and none waits for the disk because of it.
    storage: map('counters', 'write-behind'),
  });
  return {
    async add(key, amount, windowMs, now) {
      assertWhole({ amount, windowMs, now });
      if (windowMs < 1) throw new RangeError('windowMs must be at least 1');
      const held = counters.get(key, now);
      const next = { value: (held?.value ?? 0) + amount, endsAt: held?.endsAt ?? now + windowMs };
      if (next.value === 0) counters.delete(key);
      else counters.set(key, next, next.endsAt, now);
      return next;
    },
    async get(key, now) {
      return counters.get(key, now);
    },
    async reset(key) {
      counters.delete(key);
    },
    sweep: counters.sweep,
  };
}

/** A full store refuses: to forget a consumed id would let its token be used again. */
export function createMemoryConsumed(
  capacity: number,
  { map, settled }: Storage,
): Pick<State, 'consumeOnce'> & Sweeping {
  const consumed = createExpiringMap<true>({ capacity, whenFull: 'refuse', storage: map('consumed', 'awaited') });
  return {
    async consumeOnce(purpose, id, expiresAt, now) {
      assertWhole({ expiresAt, now });
      const key = pairKey(purpose, id);
      const isFirst = consumed.get(key, now) === undefined;
      if (isFirst) consumed.set(key, true, consumedUntil(expiresAt, now), now);
      await settled();
      return isFirst;
    },
    sweep: consumed.sweep,
  };
}

/** One key for two texts; different pairs never give the same. */
function pairKey(first: string, second: string): string {
  return `${first.length}:${first}:${second}`;
}
