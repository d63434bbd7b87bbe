import { Problem } from '@gaia/http-service/problem';
import type { Identity } from '@gaia/tokens/identity';
import { problem } from '../errors.ts';
import { noDescription } from '../files/description.ts';
import { durationOf } from '../files/duration.ts';
import { safeFileName } from '../files/file-name.ts';
import type { FileRule } from '../files/file-rule.ts';
import type { Files } from '../files/files.ts';
import { type RemoveBytesDependencies, removeBytes } from '../files/remove-bytes.ts';
import { type BytesLocation, type StoredFile, undescribed } from '../files/stored-file.ts';
import type { Images } from '../images/images.ts';
import { StorageError } from '../storage/file-store.ts';
import type { Description } from '../storage/received.ts';
import type { Stores } from '../storage/stores.ts';
import type { ReceivedForm } from './form.ts';
import { charsetOf, mediaTypeOf } from './media-type.ts';
import type { Scanner } from './scanner.ts';

export interface UploadDependencies {
  readonly files: Files;
  readonly stores: Stores;
  readonly images: Pick<Images, 'describe'>;
  readonly scanner: Scanner;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A new UUID. */
  readonly randomId: () => string;
}

/** Bytes that have come, and what was said of them. */
interface NewFile extends Description, BytesLocation {
  readonly site: string;
  readonly fileName: string | undefined;
  readonly declaredType: string | undefined;
  readonly rule: FileRule;
}

/** The file that new bytes become; it has the id that they have. */
export async function storedFile(received: NewFile, uploadedBy: string, now: number): Promise<StoredFile> {
  const { size, sha256, head, bytesKey, store, declaredType } = received;
  const whole = size === head.length;
  const mediaType = await mediaTypeOf(head, whole, declaredType);
  return {
    id: bytesKey,
    site: received.site,
    fileName: safeFileName(received.fileName),
    mediaType,
    size,
    sha256,
    ...received.rule,
    version: 1,
    uploadedBy,
    createdAt: new Date(now),
    bytesKey,
    store,
    bytesChangedAt: new Date(now),
    focal: undefined,
    description: noDescription,
    durationMs: undefined,
    charset: charsetOf(mediaType, head, whole, declaredType),
    ...undescribed,
  };
}

/**
 * Makes a received form a file of a site. The key is written down first: a crash at any point leaves either the whole file or
 * bytes that the sweeper finds. Throws site_quota_exceeded, storage_full, storage_unavailable.
 */
export async function addUpload(
  deps: Pick<UploadDependencies, 'files' | 'images' | 'stores' | 'now'> & Pick<RemoveBytesDependencies, 'log'>,
  { file, ...form }: ReceivedForm,
  site: string,
  uploader: Pick<Identity, 'subject'>,
): Promise<StoredFile> {
  const { files, images, stores, now } = deps;
  const { size, sha256, head } = file;
  const stored = await storedFile({ ...form, size, sha256, head, site }, uploader.subject, now());
  try {
    await files.announceBytes(stored);
    await file.keep();
    const recording = { ...stored, durationMs: await durationOf(stored, stores) };
    await files.add(recording);
    return await images.describe(recording, 'foreground');
  } catch (error) {
    await file.discard();
    // Whatever else fails, such as the connection to the database, can have made the file: the sweeper knows then.
    if (error instanceof Problem) await removeBytes(deps, stored);
    if (error instanceof StorageError) throw problem(error.code, { cause: error.cause });
    throw error;
  }
}
