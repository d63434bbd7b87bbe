import type { Identity } from '@gaia/tokens/identity';
import { problem } from '../errors.ts';
import { safeFileName } from '../files/file-name.ts';
import type { Files } from '../files/files.ts';
import { type StoredFile, undescribed } from '../files/stored-file.ts';
import type { Images } from '../images/images.ts';
import { StorageError } from '../storage/file-store.ts';
import type { Stores } from '../storage/stores.ts';
import type { ReceivedForm } from './form.ts';
import { mediaTypeOf } from './media-type.ts';

export interface UploadDependencies {
  readonly files: Files;
  readonly stores: Stores;
  readonly images: Pick<Images, 'describe'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A new UUID. */
  readonly randomId: () => string;
}

/**
 * Makes a received form a file of a site. The key is written down first: a crash at any point leaves either the whole file or
 * bytes that the sweeper finds.
 */
export async function addUpload(
  { files, images, now }: Pick<UploadDependencies, 'files' | 'images' | 'now'>,
  { file, ...form }: ReceivedForm,
  site: string,
  uploader: Pick<Identity, 'subject'>,
): Promise<StoredFile> {
  const createdAt = new Date(now());
  const whole = file.size === file.head.length;
  const stored: StoredFile = {
    id: form.bytesKey,
    site,
    fileName: safeFileName(form.fileName),
    mediaType: await mediaTypeOf(file.head, whole, form.declaredType),
    size: file.size,
    sha256: file.sha256,
    ...form.rule,
    version: 1,
    uploadedBy: uploader.subject,
    createdAt,
    bytesKey: form.bytesKey,
    store: form.store,
    bytesChangedAt: createdAt,
    focal: undefined,
    ...undescribed,
  };
  try {
    await files.announceBytes(stored);
    await file.keep();
    await files.add(stored);
    return await images.describe(stored, 'foreground');
  } catch (error) {
    await file.discard();
    if (error instanceof StorageError) throw problem(error.code, { cause: error.cause });
    throw error;
  }
}
