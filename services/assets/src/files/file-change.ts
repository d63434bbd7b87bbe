import { isDeepStrictEqual } from 'node:util';
import { entityTag, matches, readIfMatch } from '@gaia/http-service/conditional-requests';
import type { FocalPoint } from '@gaia/image-variants/transformation';
import { problem } from '../errors.ts';
import { changedDescription, type FileDescription } from './description.ts';
import { safeFileName } from './file-name.ts';
import { fileRule } from './file-rule.ts';
import { fileResponse } from './schemas.ts';
import type { StoredFile } from './stored-file.ts';

/** What can be said anew of a file; the bytes have a route of their own. */
export interface FileChange extends Partial<FileDescription> {
  readonly file_name?: string;
  readonly visibility?: string;
  readonly products?: readonly string[];
  /** Null takes it away. */
  readonly focal?: FocalPoint | null;
}

/** What a change makes of a file; the file itself if nothing differs. Throws `validation_failed`. */
export function changedFile(file: StoredFile, change: FileChange): StoredFile {
  const fileName = change.file_name === undefined ? file.fileName : safeFileName(change.file_name);
  const { visibility, products } = fileRule(change, file);
  const focal = change.focal === undefined ? file.focal : (change.focal ?? undefined);
  const description = changedDescription(file.description, change);
  const isSame =
    fileName === file.fileName &&
    visibility === file.visibility &&
    products.join() === file.products.join() &&
    focal?.x === file.focal?.x &&
    focal?.y === file.focal?.y &&
    isDeepStrictEqual(description, file.description);
  return isSame ? file : { ...file, fileName, visibility, products, focal, description, version: file.version + 1 };
}

/** Of what is known of a file; the bytes have a tag of their own. */
export function metadataTag(file: StoredFile): string {
  return entityTag(fileResponse(file), file.version);
}

/** Throws `version_conflict`, and `validation_failed` for an `If-Match` that is no list of entity tags. */
export function refuseConflict(ifMatch: string | undefined, file: StoredFile): void {
  if (matches(readIfMatch(ifMatch), file.version)) return;
  throw problem('version_conflict', { extensions: { current_version: file.version } });
}
