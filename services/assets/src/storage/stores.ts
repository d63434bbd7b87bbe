import { type FileStore, StorageError, type StoreKind } from './file-store.ts';

/** The stores that are configured: files are where their row says, new ones go to the current one. */
export interface Stores {
  readonly current: FileStore;
  /** Throws StorageError for one that is not configured. */
  of(kind: StoreKind): FileStore;
}

export function createStores(current: FileStore, others: readonly FileStore[] = []): Stores {
  const byKind = new Map([current, ...others].map((store) => [store.kind, store]));
  return {
    current,
    of: (kind) => {
      const store = byKind.get(kind);
      if (store === undefined)
        throw new StorageError(new Error(`files are in a store that is not configured: ${kind}`));
      return store;
    },
  };
}
