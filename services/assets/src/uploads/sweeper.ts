import type { Files } from '../files/files.ts';
import type { DownloadGrants } from '../links/download-grants.ts';
import type { Stores } from '../storage/stores.ts';

export interface SweepDependencies {
  readonly files: Pick<Files, 'unclaimedSince' | 'forgetBytes'>;
  readonly grants: Pick<DownloadGrants, 'forgetExpired'>;
  readonly stores: Stores;
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
  stores,
  now,
}: SweepDependencies): Promise<{ incoming: number; unclaimed: number }> {
  await grants.forgetExpired();
  const incoming = await stores.current.sweep();
  const unclaimed = await files.unclaimedSince(new Date(now() - UNCLAIMED_FOR_MS));
  for (const bytes of unclaimed) {
    await stores.of(bytes.store).remove(bytes.bytesKey);
    await files.forgetBytes(bytes);
  }
  return { incoming, unclaimed: unclaimed.length };
}
