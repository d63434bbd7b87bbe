import { create as contentDisposition } from 'content-disposition';
import type { StoredFile } from '../files/stored-file.ts';

/** Formats that browsers show without running anything of them. */
const SHOWN = new Set([
  'application/pdf',
  'image/apng',
  'image/avif',
  'image/bmp',
  'image/gif',
  'image/heic',
  'image/jpeg',
  'image/jxl',
  'image/png',
  'image/tiff',
  'image/vnd.microsoft.icon',
  'image/webp',
  'image/x-icon',
  'text/plain',
]);

/** A strong validator (RFC 9110 §8.8.3): every reader of the file gets these bytes. */
export function bytesTag({ sha256 }: Pick<StoredFile, 'sha256'>): string {
  return `"${sha256}"`;
}

/**
 * Headers of a file's answer, whatever part of it is sent. Only what no browser runs is shown in place; all else (HTML, SVG, XML,
 * unknown bytes) is for saving, and were a browser to show it all the same, it could do nothing: no script, no origin.
 */
export function deliveryHeaders(file: StoredFile): Record<string, string> {
  const shown = SHOWN.has(file.mediaType) || /^(?:audio|video)\//.test(file.mediaType);
  return {
    'content-type': file.mediaType.startsWith('text/') ? `${file.mediaType}; charset=utf-8` : file.mediaType,
    'content-disposition': contentDisposition(file.fileName, { type: shown ? 'inline' : 'attachment' }),
    'x-content-type-options': 'nosniff',
    ...((!shown || file.mediaType === 'text/plain') && { 'content-security-policy': "sandbox; default-src 'none'" }),
    // The address may hold a download token.
    'referrer-policy': 'no-referrer',
    'accept-ranges': 'bytes',
    // A public file can be withdrawn, so it is asked for again soon; the entity tag makes that cheap.
    'cache-control': file.visibility === 'public' ? 'public, max-age=60' : 'private, no-store',
  };
}
