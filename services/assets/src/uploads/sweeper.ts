import type { Files } from '../files/files.ts';
import type { DownloadGrants } from '../links/download-grants.ts';
import type { Stores } from '../storage/stores.ts';
import type { ResumableUploads } from './resumable/resumable-uploads.ts';
import { removeUpload } from './resumable/upload-store.ts';

export interface SweepDependencies {
  readonly files: Pick<Files, 'unclaimedSince' | 'isUnclaimed' | 'forgetBytes'>;
  readonly grants: Pick<DownloadGrants, 'forgetExpired'>;
  readonly uploads: ResumableUploads;
  readonly stores: Stores;
  /** Deletes files that nothing has used for long; gives how many. */
  readonly collectUnused: () => Promise<number>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** How many of each were removed. */
interface Swept {
  readonly incoming: number;
  readonly unclaimed: number;
  readonly uploads: number;
  readonly unused: number;
}

/** Between the announcement of bytes and the file there are two statements and a rename: an hour is more than enough. */
const UNCLAIMED_FOR_MS = 3_600_000;

/**
 * Removes what crashes have left (bytes half received, and bytes that no file stands for), uploads that have expired, files that are unused, and what
 * download links that have expired referred to.
 */
export async function sweep({ files, grants, uploads, stores, collectUnused, now }: SweepDependencies): Promise<Swept> {
  await grants.forgetExpired();
  const incoming = await stores.current.sweep();
  const before = new Date(now() - UNCLAIMED_FOR_MS);
  const unclaimed = await files.unclaimedSince(before);
  for (const bytes of unclaimed) {
    // A file can have been moved back to them meanwhile.
    if (!(await files.isUnclaimed(bytes, before))) continue;
    await stores.of(bytes.store).remove(bytes.bytesKey);
    await files.forgetBytes(bytes);
  }
  // A request that began before the end is through by then.
  const expired = await uploads.expired(before);
  for (const upload of expired) await removeUpload({ uploads, stores }, upload);
  return { incoming, unclaimed: unclaimed.length, uploads: expired.length, unused: await collectUnused() };
}
