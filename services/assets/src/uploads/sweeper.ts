import type { Files } from '../files/files.ts';
import type { DownloadGrants } from '../links/download-grants.ts';
import type { FileStore } from '../storage/file-store.ts';

export interface SweepDependencies {
  readonly files: Pick<Files, 'unclaimedSince' | 'forgetBytes'>;
  readonly grants: Pick<DownloadGrants, 'forgetExpired'>;
  readonly store: Pick<FileStore, 'remove' | 'sweep'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Between the announcement of bytes and the file there are two statements and a rename: an hour is more than enough. */
const UNCLAIMED_FOR_MS = 3_600_000;

/**
 * Removes what crashes have left (bytes half received, and bytes that no file stands for; gives how many of each), and what
 * download links that have expired referred to.
 */
export async function sweep({
  files,
  grants,
  store,
  now,
}: SweepDependencies): Promise<{ incoming: number; unclaimed: number }> {
  await grants.forgetExpired();
  const incoming = await store.sweep();
  const keys = await files.unclaimedSince(new Date(now() - UNCLAIMED_FOR_MS));
  for (const key of keys) {
    await store.remove(key);
    await files.forgetBytes(key);
  }
  return { incoming, unclaimed: keys.length };
}
