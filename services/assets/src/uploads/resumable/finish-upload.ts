import { problem } from '../../errors.ts';
import { durationOf } from '../../files/duration.ts';
import type { StoredFile } from '../../files/stored-file.ts';
import { describeBytes } from '../../storage/received.ts';
import type { Stores } from '../../storage/stores.ts';
import { storedFile, type UploadDependencies } from '../upload.ts';
import type { ResumableUpload, ResumableUploads } from './resumable-uploads.ts';
import { removeUpload, storing } from './upload-store.ts';

export interface FinishDependencies extends Pick<UploadDependencies, 'files' | 'images' | 'scanner' | 'now'> {
  readonly uploads: ResumableUploads;
  readonly stores: Stores;
}

/**
 * Makes a file of an upload whose bytes have all come. Can be done again after a crash at any point, and by two at once.
 * What does not have the digest that was said, or is infected, is removed. Throws checksum_mismatch and all that adding a file throws.
 */
export async function finishUpload(deps: FinishDependencies, upload: ResumableUpload): Promise<StoredFile> {
  const { files, images, stores, scanner, now } = deps;
  const store = stores.of(upload.store);
  const description = await storing(async () => {
    await store.chunks.complete(upload.id, upload.received);
    return describeBytes(scanner.scanned(await store.open(upload.id)), upload.length);
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

function isFinal(error: unknown): boolean {
  return (error as { code?: string }).code === 'file_infected';
}
