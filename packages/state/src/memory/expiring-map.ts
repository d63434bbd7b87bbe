import { StateUnavailable } from '../state.ts';
import type { Entry, MapStorage } from './storage.ts';

export interface ExpiringMapOptions<V> {
  /** Most entries that are held. */
  readonly capacity: number;
  /** Over capacity: forget the oldest entries (a 64th of them), or refuse the new one with StateUnavailable. */
  readonly whenFull: 'forget-oldest' | 'refuse';
  readonly storage: MapStorage<V>;
  /** Called for each value that the map holds from now on, stored ones included, and for each that it no longer holds. */
  readonly onAdded?: (key: string, value: V) => void;
  readonly onRemoved?: (key: string, value: V) => void;
}

export interface ExpiringMap<V> {
  get(key: string, now: number): V | undefined;
  /** Stores until `endsAt`; an entry is dead at exactly that millisecond. */
  set(key: string, value: V, endsAt: number, now: number): void;
  /** Another value with the same end; nothing if the key is absent. */
  replace(key: string, value: V): void;
  delete(key: string): V | undefined;
  living(now: number): V[];
  sweep(now: number): void;
  size(): number;
}

const LEAST_SWEEP_SIZE = 1_000;
const FULL_SWEEP_EVERY_MS = 1_000;

/**
 * A map whose entries end, without timers: a write sweeps when the map has doubled since the last sweep, so that
 * memory stays within twice what lives and a write costs constant time on average, also when the map is full.
 */
export function createExpiringMap<V>(options: ExpiringMapOptions<V>): ExpiringMap<V> {
  const { storage, onAdded, onRemoved } = options;
  const entries = new Map<string, Entry<V>>();
  let sweepAtSize = LEAST_SWEEP_SIZE;
  let sweptAt = Number.NEGATIVE_INFINITY;

  function put(key: string, entry: Entry<V> | undefined): void {
    const before = entries.get(key);
    if (before !== undefined) onRemoved?.(key, before.value);
    if (entry === undefined) {
      entries.delete(key);
      return;
    }
    entries.set(key, entry);
    onAdded?.(key, entry.value);
  }

  function change(key: string, entry: Entry<V> | undefined): void {
    const before = entries.get(key);
    put(key, entry);
    storage.changed(key, entry, () => put(key, before));
  }

  function sweep(now: number): void {
    for (const [key, entry] of entries) {
      if (entry.endsAt <= now) change(key, undefined);
    }
    sweepAtSize = Math.max(LEAST_SWEEP_SIZE, entries.size * 2);
    sweptAt = now;
  }

  function makeRoom(now: number): void {
    if (entries.size >= sweepAtSize) sweep(now);
    if (entries.size < options.capacity) return;
    if (Math.abs(now - sweptAt) >= FULL_SWEEP_EVERY_MS) sweep(now);
    if (entries.size < options.capacity) return;
    if (options.whenFull === 'refuse') throw new StateUnavailable({ cause: new Error('the in-process state is full') });
    // Many at a time: to find the first entry of a Map costs as much as there are deleted ones before it.
    let surplus = Math.max(1, Math.floor(options.capacity / 64));
    for (const key of entries.keys()) {
      if (surplus === 0) break;
      surplus -= 1;
      change(key, undefined);
    }
  }

  for (const [key, entry] of storage.entries()) put(key, entry);

  return {
    get(key, now) {
      const entry = entries.get(key);
      return entry !== undefined && entry.endsAt > now ? entry.value : undefined;
    },
    set(key, value, endsAt, now) {
      if (!entries.has(key)) makeRoom(now);
      change(key, { value, endsAt });
    },
    replace(key, value) {
      const entry = entries.get(key);
      if (entry) change(key, { value, endsAt: entry.endsAt });
    },
    delete(key) {
      const entry = entries.get(key);
      if (entry) change(key, undefined);
      return entry?.value;
    },
    living(now) {
      const values: V[] = [];
      for (const entry of entries.values()) if (entry.endsAt > now) values.push(entry.value);
      return values;
    },
    sweep,
    size: () => entries.size,
  };
}
