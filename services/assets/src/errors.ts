import { defineProblems, type Problem } from '@gaia/http-service/problem';

/** What assets answers beside the problems of every service and of the token guard. */
export const problem = defineProblems({
  malformed_multipart: { status: 400, title: 'The form cannot be read' },
  file_required: { status: 400, title: 'The form holds no file' },
  one_file_only: { status: 400, title: 'The form holds more than one file' },
  validation_failed: { status: 400, title: 'The request has a wrong or missing part' },
  invalid_cursor: { status: 400, title: 'The cursor is not one of this list' },
  token_malformed: { status: 401, title: 'The download token cannot be read' },
  token_expired: { status: 401, title: 'The download link has expired' },
  token_invalid: { status: 401, title: 'The download token is not valid here' },
  token_revoked: { status: 401, title: 'The login that the download link was made with has ended' },
  forbidden: { status: 403, title: 'This is not permitted to you' },
  file_not_found: { status: 404, title: 'There is no such file' },
  asset_in_use: { status: 409, title: 'Entries mention the file' },
  version_conflict: { status: 412, title: 'It was changed since it was read' },
  file_too_large: { status: 413, title: 'The file is too large' },
  unsupported_media_type: { status: 415, title: 'The body is of a type that is not taken here' },
  range_not_satisfiable: { status: 416, title: 'The file has no such part' },
  storage_unavailable: { status: 503, title: 'The files cannot be reached at the moment' },
  storage_full: { status: 507, title: 'There is no room for the file' },
});

const sentences = Object.freeze({
  token_malformed: 'the download token cannot be read',
  token_expired: 'the download link has expired',
  token_invalid: 'the download token is not valid here',
  token_revoked: 'the login of the download link has ended',
});

export type LinkRefusal = keyof typeof sentences;

/** A refused download token: 401 with the challenge of RFC 6750 §3.1. */
export function linkProblem(code: LinkRefusal): Problem {
  const challenge = `Bearer realm="gaia", error="invalid_token", error_description="${sentences[code]}"`;
  return problem(code, { headers: { 'www-authenticate': challenge } });
}
