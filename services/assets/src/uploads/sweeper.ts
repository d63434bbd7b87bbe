import type { Files } from '../files/files.ts';
import type { FileStore } from '../storage/file-store.ts';

export interface SweepDependencies {
  readonly files: Pick<Files, 'unclaimedSince' | 'forgetBytes'>;
  readonly store: Pick<FileStore, 'remove' | 'sweep'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Between the announcement of bytes and the file there are two statements and a rename: an hour is more than enough. */
const UNCLAIMED_FOR_MS = 3_600_000;

/** Removes what crashes have left: bytes half received, and bytes that no file stands for. Gives how many of each. */
export async function sweep({
  files,
  store,
  now,
}: SweepDependencies): Promise<{ incoming: number; unclaimed: number }> {
  const incoming = await store.sweep();
  const keys = await files.unclaimedSince(new Date(now() - UNCLAIMED_FOR_MS));
  for (const key of keys) {
    await store.remove(key);
    await files.forgetBytes(key);
  }
  return { incoming, unclaimed: keys.length };
}
