type Awaitable<T> = T | Promise<T>;

/**
 * Where the tokens of one session are kept, as one text. `replace` must be atomic among all who share the storage: two tabs
 * that get the same tokens must not each keep its own text of them.
 */
export interface TokenStorage {
  /** Whether other tabs or processes use the same tokens. */
  readonly shared: boolean;
  read(): Awaitable<string | null>;
  /** Writes `next` (removes for null) if `expected` is still what is there; whether it was. */
  replace(expected: string | null, next: string | null): Awaitable<boolean>;
  /** Calls the listener when another tab has changed what is there; the result ends that. */
  subscribe?(listener: () => void): () => void;
}

/** Keeps the tokens in this object alone: a reload of the page signs out, and no other script finds them. */
export function memoryStorage(): TokenStorage {
  let text: string | null = null;
  return {
    shared: false,
    read: () => text,
    replace(expected, next) {
      if (text !== expected) return false;
      text = next;
      return true;
    },
  };
}
