import { LRUCache } from 'lru-cache';

/** How long a record is used from memory, in milliseconds. */
export const CACHE_MS = 10_000;
const CAPACITY = 20_000;

/** Records of the store that this process has seen lately, the longest unused forgotten first. */
export interface RecordCache<T> {
  get(id: string): T | undefined;
  set(id: string, value: T): void;
  delete(id: string): void;
}

/** `mayCache` is asked at each use: memory counts only while revocations are known to arrive. */
export function createRecordCache<T>(options: {
  readonly now: () => number;
  readonly mayCache: () => boolean;
}): RecordCache<T> {
  const { now, mayCache } = options;
  const entries = new LRUCache<string, { readonly value: T; readonly until: number }>({ max: CAPACITY });
  return {
    get(id) {
      const entry = entries.get(id);
      if (entry !== undefined && now() < entry.until && mayCache()) return entry.value;
      entries.delete(id);
      return undefined;
    },
    set: (id, value) => void entries.set(id, { value, until: now() + CACHE_MS }),
    delete: (id) => void entries.delete(id),
  };
}
