import { defineProblems, type Problem } from '@gaia/http-service/problem';

/** What assets answers beside the problems of every service and of the token guard. */
export const problem = defineProblems({
  malformed_multipart: { status: 400, title: 'Malformed multipart body' },
  file_required: { status: 400, title: 'Missing file' },
  one_file_only: { status: 400, title: 'More than one file' },
  file_not_found: { status: 404, title: 'File not found' },
  asset_in_use: { status: 409, title: 'File in use by entries' },
  file_too_large: { status: 413, title: 'File too large' },
  range_not_satisfiable: { status: 416, title: 'Range not satisfiable' },
  storage_unavailable: { status: 503, title: 'File storage unavailable' },
  storage_full: { status: 507, title: 'File storage full' },
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
  const sentence = sentences[code];
  const challenge = `Bearer realm="gaia", error="invalid_token", error_description="${sentence}"`;
  return problem(code, {
    detail: `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`,
    headers: { 'www-authenticate': challenge },
  });
}
