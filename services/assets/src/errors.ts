import { defineProblems, type Problem } from '@gaia/http-service/problem';

/** What assets answers beside the problems of every service and of the token guard. */
export const problem = defineProblems({
  malformed_multipart: { status: 400, title: 'Malformed multipart body' },
  file_required: { status: 400, title: 'Missing file' },
  one_file_only: { status: 400, title: 'More than one file' },
  method_override_refused: { status: 400, title: 'Method override refused' },
  tus_extension_not_supported: { status: 400, title: 'Extension of tus not supported' },
  width_not_allowed: { status: 400, title: 'Image width not allowed' },
  height_not_allowed: { status: 400, title: 'Image height not allowed' },
  quality_not_allowed: { status: 400, title: 'Image quality not allowed' },
  fit_required: { status: 400, title: 'Image fit missing' },
  fit_not_allowed: { status: 400, title: 'Image fit without height' },
  preset_not_found: { status: 400, title: 'Image preset not found' },
  variant_not_found: { status: 404, title: 'Image variant not found' },
  file_not_found: { status: 404, title: 'File not found' },
  upload_not_found: { status: 404, title: 'Upload not found' },
  upload_offset_conflict: { status: 409, title: 'Upload offset conflict' },
  store_not_configured: { status: 409, title: 'File store not configured' },
  asset_in_use: { status: 409, title: 'File in use by entries' },
  upload_expired: { status: 410, title: 'Upload expired' },
  tus_version_not_supported: { status: 412, title: 'Version of tus not supported' },
  upload_length_exceeded: { status: 413, title: 'Upload length exceeded' },
  file_too_large_to_scan: { status: 413, title: 'File too large for the malware scanner' },
  file_too_large: { status: 413, title: 'File too large' },
  format_not_convertible: { status: 415, title: 'Format not convertible' },
  image_unreadable: { status: 422, title: 'Image cannot be decoded' },
  image_too_large: { status: 422, title: 'Image too large to convert' },
  range_not_satisfiable: { status: 416, title: 'Range not satisfiable' },
  checksum_mismatch: { status: 422, title: 'Checksum mismatch' },
  file_infected: { status: 422, title: 'Malware in file' },
  upload_locked: { status: 423, title: 'Upload locked by another request' },
  too_many_uploads: { status: 429, title: 'Too many unfinished uploads' },
  scanner_unavailable: { status: 503, title: 'Malware scanner unavailable' },
  conversion_queue_full: { status: 503, title: 'Too many image conversions' },
  variant_pending: { status: 503, title: 'Image variant not made yet' },
  storage_unavailable: { status: 503, title: 'File storage unavailable' },
  site_quota_exceeded: { status: 507, title: 'Storage quota of the site exceeded' },
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
