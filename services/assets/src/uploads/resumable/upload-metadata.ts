import { Metadata } from '@tus/utils';
import { problem } from '../../errors.ts';
import { type FileRule, fileRule } from '../../files/file-rule.ts';

/** What `Upload-Metadata` can say of a file. */
export interface UploadMetadata {
  readonly fileName: string | undefined;
  readonly declaredType: string | undefined;
  readonly rule: FileRule;
  /** Hexadecimal. */
  readonly sha256: string | undefined;
}

const MAX_LENGTH = 4_096;
/** `name` and `type` are what some clients send beside `filename` and `filetype`. */
const known = new Set(['filename', 'name', 'filetype', 'type', 'visibility', 'products', 'sha256', 'relativePath']);

/** Reads it. Throws validation_failed, also for members that are not known: a misspelt `visibility` must not be lost. */
export function readUploadMetadata(header: string | undefined): UploadMetadata {
  if (header !== undefined && header.length > MAX_LENGTH) throw invalid(`must have at most ${MAX_LENGTH} characters`);
  const said = header === undefined ? {} : parsed(header);
  for (const name of Object.keys(said)) if (!known.has(name)) throw invalid(`has a member that is not known: ${name}`);
  const text = (name: string) => said[name] || undefined;
  const sha256 = text('sha256')?.toLowerCase();
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/.test(sha256))
    throw invalid('has no SHA-256 in `sha256`: 64 hexadecimal digits');
  const products = text('products')
    ?.split(',')
    .map((id) => id.trim());
  const rule = fileRule({ visibility: text('visibility'), products }, { visibility: 'private', products: [] });
  const declaredType = text('filetype') ?? text('type');
  return {
    fileName: text('filename') ?? text('name'),
    // Longer than any media type is.
    declaredType: declaredType?.slice(0, 200).toWellFormed().replaceAll('\0', ''),
    rule,
    sha256,
  };
}

function parsed(header: string): Readonly<Record<string, string | null>> {
  try {
    return Metadata.parse(header);
  } catch {
    throw invalid('must be pairs of a key and a value in base64, separated by commas');
  }
}

function invalid(message: string) {
  const path = '/headers/upload-metadata';
  return problem('validation_failed', { detail: `Upload-Metadata ${message}.`, errors: [{ path, message }] });
}
