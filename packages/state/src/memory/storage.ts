/** What a map holds under a key. */
export interface Entry<V> {
  readonly value: V;
  /** Milliseconds since the epoch. */
  readonly endsAt: number;
}

/** Where one map is kept beyond its process. */
export interface MapStorage<V> {
  /** What was stored when the map is opened. */
  entries(): Iterable<readonly [key: string, entry: Entry<V>]>;
  /** What the key holds from now on; nothing if undefined. If it cannot be stored `undo` is called, the latest change first. */
  changed(key: string, entry: Entry<V> | undefined, undo: () => void): void;
}

export interface Storage {
  /**
   * Opens a map by its name. Its changes are either awaited, by `settled`, or stored in the background up to a second later and
   * not undone.
   */
  map<V>(name: string, changes: 'awaited' | 'write-behind'): MapStorage<V>;
  /**
   * Resolves when every awaited change up to now is stored: what an answer rests on must not be forgotten by a crash.
   * Rejects with StateUnavailable when one could not be; it has been undone then.
   */
  settled(): Promise<void>;
}

/** Keeps nothing: state ends with its process. */
export const noStorage: Storage = Object.freeze({
  map: () => ({ entries: () => [], changed() {} }),
  settled: async () => {},
});
