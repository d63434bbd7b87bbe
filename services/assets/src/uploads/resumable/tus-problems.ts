import { ERRORS } from '@tus/utils';
import { problem } from '../../errors.ts';

const kinds = [
  [ERRORS.FILE_NOT_FOUND, 'upload_not_found'],
  [ERRORS.INVALID_OFFSET, 'upload_offset_conflict'],
  [ERRORS.FILE_NO_LONGER_EXISTS, 'upload_expired'],
  [ERRORS.ERR_SIZE_EXCEEDED, 'upload_length_exceeded'],
  [ERRORS.ERR_MAX_SIZE_EXCEEDED, 'file_too_large'],
  [ERRORS.ABORTED, 'upload_locked'],
  [ERRORS.ERR_LOCK_TIMEOUT, 'upload_locked'],
  [ERRORS.UNSUPPORTED_CONCATENATION_EXTENSION, 'tus_extension_not_supported'],
  [ERRORS.UNSUPPORTED_CREATION_DEFER_LENGTH_EXTENSION, 'tus_extension_not_supported'],
] as const;

const headerKinds = [
  [ERRORS.MISSING_OFFSET, 'upload-offset'],
  [ERRORS.INVALID_CONTENT_TYPE, 'content-type'],
  [ERRORS.INVALID_LENGTH, 'upload-length'],
  [ERRORS.INVALID_METADATA, 'upload-metadata'],
] as const;

/** What @tus/server refuses, which it says in words of its own, as our problem. */
export function tusProblem(body: string) {
  const kind = kinds.find(([error]) => error.body === body);
  if (kind !== undefined) return problem(kind[1]);
  const header = headerKinds.find(([error]) => error.body === body)?.[1] ?? /^Invalid ([a-z-]+)/.exec(body)?.[1];
  if (header === undefined) return problem('internal_error', { cause: new Error(`tus: ${body.slice(0, 200)}`) });
  const message = 'is missing or not what tus 1.0.0 says';
  return problem('validation_failed', {
    detail: `${header} ${message}.`,
    errors: [{ path: `/headers/${header}`, message }],
  });
}
