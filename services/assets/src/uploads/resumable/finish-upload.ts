import { problem } from '../../errors.ts';
import { durationOf } from '../../files/duration.ts';
import type { StoredFile } from '../../files/stored-file.ts';
import { HEAD_BYTES } from '../../storage/file-store.ts';
import { type Description, describeBytes } from '../../storage/received.ts';
import type { Stores } from '../../storage/stores.ts';
import { noScanner } from '../scanner.ts';
import { storedFile, type UploadDependencies } from '../upload.ts';
import type { ResumableUpload, ResumableUploads } from './resumable-uploads.ts';
import type { RunningDigests } from './running-digests.ts';
import { removeUpload, storing } from './upload-store.ts';

export interface FinishDependencies extends Pick<UploadDependencies, 'files' | 'images' | 'scanner' | 'now'> {
  readonly uploads: ResumableUploads;
  readonly stores: Stores;
  readonly digests: RunningDigests;
}

/**
 * Makes a file of an upload whose bytes have all come. Can be done again after a crash at any point, and by two at once.
 * What does not have the digest that was said, or is infected, is removed. Throws checksum_mismatch and all that adding a file throws.
 */
export async function finishUpload(deps: FinishDependencies, upload: ResumableUpload): Promise<StoredFile> {
  const { files, images, stores, scanner, now } = deps;
  const store = stores.of(upload.store);
  const readDescription = async () => describeBytes(scanner.scanned(await store.open(upload.id)), upload.length);
  const description = await storing(async () => {
    await store.chunks.complete(upload.id, upload.received);
    return (await knownDescription(deps, upload)) ?? (await readDescription());
  }).catch(async (error) => {
    if (isFinal(error)) await removeUpload(deps, upload);
    throw error;
  });
  if (upload.sha256 !== undefined && upload.sha256 !== description.sha256) {
    await removeUpload(deps, upload);
    throw problem('checksum_mismatch', {
      detail: 'The bytes have another SHA-256 than was said. The upload is removed.',
    });
  }
  const file = await storedFile(
    {
      ...description,
      site: upload.site,
      fileName: upload.fileName,
      declaredType: upload.declaredType,
      rule: upload.rule,
      bytesKey: upload.id,
      store: upload.store,
    },
    upload.subject,
    now(),
  );
  const recording = { ...file, durationMs: await durationOf(file, stores) };
  await files.add(recording);
  return images.describe(recording, 'foreground');
}

/** What is known of the bytes without reading all of them again; a scanner has to see them all. */
async function knownDescription(
  { stores, scanner, digests }: FinishDependencies,
  { id, store, length }: ResumableUpload,
): Promise<Description | undefined> {
  const sha256 = scanner === noScanner ? digests.of(id, length) : undefined;
  if (sha256 === undefined || length === 0) return undefined;
  const head = await stores.of(store).open(id, { start: 0, end: Math.min(length, HEAD_BYTES) - 1 });
  return { ...(await describeBytes(head, HEAD_BYTES)), size: length, sha256 };
}

function isFinal(error: unknown): boolean {
  return (error as { code?: string }).code === 'file_infected';
}
