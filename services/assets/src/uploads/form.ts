import type { Multipart, MultipartFile } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { problem } from '../errors.ts';
import { type FileRule, fileRule } from '../files/file-rule.ts';
import type { BytesLocation } from '../files/stored-file.ts';
import { type FileStore, FileTooLarge, type ReceivedFile, StorageError } from '../storage/file-store.ts';
import type { Scanner } from './scanner.ts';

/** What an upload form held. */
export interface ReceivedForm extends BytesLocation {
  readonly file: ReceivedFile;
  readonly fileName: string | undefined;
  readonly declaredType: string | undefined;
  /** By whom it may be read in itself. */
  readonly rule: FileRule;
}

/** Of a form no more than this is read: one file, and few and short fields. */
function formLimits(maxBytes: number) {
  return {
    files: 1,
    fields: 4,
    parts: 5,
    fieldNameSize: 100,
    fieldSize: 1_400,
    headerPairs: 16,
    headerSize: 8 * 1024,
    // One more, so that the store, which counts too, sees the excess.
    fileSize: maxBytes + 1,
  };
}

/** Parts around the file: boundaries, headers, fields. */
export const FORM_OVERHEAD_BYTES = 64 * 1024;

/**
 * Reads an upload: the file goes to the store as it comes. Whatever is wrong, nothing of it stays there.
 * Throws file_too_large, file_required, one_file_only, malformed_multipart, validation_failed, storage_full, storage_unavailable.
 */
export async function receiveForm(
  request: Pick<FastifyRequest, 'parts'>,
  { store, scanner }: { readonly store: FileStore; readonly scanner: Scanner },
  bytesKey: string,
  maxBytes: number,
): Promise<ReceivedForm> {
  let part: MultipartFile | undefined;
  let file: ReceivedFile | undefined;
  const said: { visibility?: string; products?: readonly string[] } = {};
  try {
    for await (const found of request.parts({ limits: formLimits(maxBytes) })) {
      if (found.type === 'field') {
        readField(found, said);
      } else {
        part = found;
        file = await store.receive(bytesKey, scanner.scanned(found.file), maxBytes);
      }
    }
    if (part === undefined || file === undefined) throw problem('file_required');
    const rule = fileRule(said, { visibility: 'private', products: [] });
    return { file, bytesKey, store: store.kind, fileName: part.filename, declaredType: part.mimetype, rule };
  } catch (error) {
    await file?.discard();
    throw problemOf(error, maxBytes);
  }
}

function readField(
  { fieldname, value }: Extract<Multipart, { type: 'field' }>,
  said: { visibility?: string; products?: readonly string[] },
): void {
  const text = String(value);
  if (fieldname === 'visibility') said.visibility = text;
  else if (fieldname === 'products') said.products = text.split(',').map((id) => id.trim());
  else {
    const message = 'has a field that is not known here; known are visibility and products';
    throw problem('validation_failed', { errors: [{ path: '/body', message }] });
  }
}

/** After these the rest of the body is not wanted: the connection ends with the answer. */
const closing = { headers: { connection: 'close' } };

function problemOf(error: unknown, maxBytes: number): unknown {
  if (error instanceof FileTooLarge) {
    return problem('file_too_large', { ...closing, detail: `At most ${maxBytes} bytes are taken.` });
  }
  if (error instanceof StorageError) return problem(error.code, { ...closing, cause: error.cause });
  const { name, code } = error as { name?: string; code?: string };
  if (name === 'Problem') return error;
  if (code === 'FST_FILES_LIMIT') return problem('one_file_only', closing);
  // Everything else comes out of the parser, about what the caller sent.
  return problem('malformed_multipart', closing);
}
