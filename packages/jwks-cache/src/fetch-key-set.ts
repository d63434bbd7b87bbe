import { KeySetRefused } from './key-set.ts';

export interface FetchedKeySet {
  /** The document, or undefined when the issuer says that the one we have is still current (304). */
  readonly text: string | undefined;
  readonly etag: string | undefined;
  /** How long the issuer calls the document fresh, in seconds; undefined if it says nothing. */
  readonly maxAgeSeconds: number | undefined;
}

export interface KeySetRequest {
  readonly url: string;
  readonly fetch: typeof globalThis.fetch;
  readonly etag: string | undefined;
  /** Ends the request, headers and body together. */
  readonly signal: AbortSignal;
  readonly maxBytes: number;
}

/**
 * One request for a JWKS document. Redirects are not followed: whoever can answer for the issuer's URL must not be able
 * to hand the choice of keys to another host. Throws KeySetRefused, or what fetch throws.
 */
export async function fetchKeySet(request: KeySetRequest): Promise<FetchedKeySet> {
  const response = await request.fetch(request.url, {
    redirect: 'error',
    signal: request.signal,
    headers: {
      accept: 'application/jwk-set+json, application/json',
      ...(request.etag !== undefined && { 'if-none-match': request.etag }),
    },
  });
  const current = response.status === 304 && request.etag !== undefined;
  if (!current && (response.status !== 200 || response.redirected)) {
    await response.body?.cancel();
    throw new KeySetRefused(`the issuer answered ${response.status}`);
  }
  return {
    text: current ? undefined : await boundedText(response, request.maxBytes),
    etag: response.headers.get('etag') ?? (current ? request.etag : undefined),
    maxAgeSeconds: maxAgeSeconds(response.headers),
  };
}

async function boundedText(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new KeySetRefused(`the set is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** RFC 9111 §5.2.2.1 and §5.1: what `max-age` leaves after the time that caches on the way have kept the answer. */
export function maxAgeSeconds(headers: Headers): number | undefined {
  const directives = headers.get('cache-control')?.toLowerCase() ?? '';
  if (/(?:^|[\s,])no-(?:store|cache)(?:[\s,]|$)/.test(directives)) return 0;
  const stated = /(?:^|[\s,])max-age="?(\d{1,10})/.exec(directives)?.[1];
  if (stated === undefined) return undefined;
  const age = /^\d{1,10}$/.exec(headers.get('age')?.trim() ?? '')?.[0] ?? '0';
  return Math.max(0, Number(stated) - Number(age));
}
