import { create as contentDisposition } from 'content-disposition';
import type { BytesLocation } from '../files/stored-file.ts';

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

/** Bytes of a file as they are delivered: as they were uploaded, or as a variant. */
export interface Representation extends BytesLocation {
  readonly fileName: string;
  readonly mediaType: string;
  /** Of a text, where it is known. */
  readonly charset?: string | undefined;
  readonly size: number;
  /** Hexadecimal. */
  readonly sha256: string;
  readonly lastModified: Date;
  readonly caching: Caching;
  /** Whether the address leaves the format to `Accept`. */
  readonly isNegotiated?: boolean;
  /** Of bytes that can be made again: gives what is to be delivered where they are lost. */
  readonly restore?: () => Promise<Representation>;
}

export type Caching =
  /** To everybody the same. */
  | { readonly kind: 'public'; readonly immutable: boolean }
  | { readonly kind: 'private' }
  /** By a link that opens it for so long, whatever is asked meanwhile. */
  | { readonly kind: 'link'; readonly seconds: number };

/** A strong validator (RFC 9110 §8.8.3): every reader of the file gets these bytes. */
export function bytesTag({ sha256 }: Pick<Representation, 'sha256'>): string {
  return `"${sha256}"`;
}

/**
 * Headers of a file's answer, whatever part of it is sent. Only what no browser runs is shown in place; all else (HTML, SVG, XML,
 * unknown bytes) is for saving, and were a browser to show it all the same, it could do nothing: no script, no origin.
 */
export function deliveryHeaders({ mediaType, charset, fileName, caching }: Representation): Record<string, string> {
  const shown = SHOWN.has(mediaType) || /^(?:audio|video)\//.test(mediaType);
  return {
    'content-type': charset === undefined ? mediaType : `${mediaType}; charset=${charset}`,
    'content-disposition': contentDisposition(fileName, { type: shown ? 'inline' : 'attachment' }),
    'x-content-type-options': 'nosniff',
    ...((!shown || mediaType === 'text/plain') && { 'content-security-policy': "sandbox; default-src 'none'" }),
    // The address may hold a download token.
    'referrer-policy': 'no-referrer',
    'accept-ranges': 'bytes',
    'cache-control': cacheControl(caching),
  };
}

/** A file that is closed must not come out of a cache: what is private is asked for every time, and 304 makes that cheap. */
function cacheControl(caching: Caching): string {
  switch (caching.kind) {
    case 'link':
      return `private, max-age=${caching.seconds}`;
    case 'private':
      return 'private, no-cache';
    case 'public':
      return caching.immutable ? 'public, max-age=31536000, immutable' : 'public, max-age=60, must-revalidate';
  }
}
