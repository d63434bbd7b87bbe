import { problem } from '../errors.ts';
import { safeFileName } from '../uploads/file-name.ts';
import { fileRule } from './file-rule.ts';
import type { StoredFile } from './stored-file.ts';

/** What can be said anew of a file; its bytes never change. */
export interface FileChange {
  readonly file_name?: string;
  readonly visibility?: string;
  readonly products?: readonly string[];
}

/** What a change makes of a file; the file itself if nothing differs. Throws `validation_failed`. */
export function changedFile(file: StoredFile, change: FileChange): StoredFile {
  const fileName = change.file_name === undefined ? file.fileName : safeFileName(change.file_name);
  const { visibility, products } = fileRule(change, file);
  const isSame =
    fileName === file.fileName && visibility === file.visibility && products.join() === file.products.join();
  return isSame ? file : { ...file, fileName, visibility, products, version: file.version + 1 };
}

/** Of what is known of a file; the bytes have a tag of their own. */
export function versionTag({ version }: Pick<StoredFile, 'version'>): string {
  return `"${version}"`;
}

/** `If-Match` (RFC 9110 §13.1.1), with weak tags taken as strong ones: they count changes. Throws `version_conflict`. */
export function refuseConflict(header: string | undefined, file: StoredFile): void {
  if (header === undefined || header.trim() === '*') return;
  const known = header.split(',').map((part) => part.trim().replace(/^W\//, ''));
  if (!known.includes(versionTag(file))) {
    throw problem('version_conflict', { extensions: { current_version: file.version } });
  }
}
