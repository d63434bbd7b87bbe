import { type BoundedRequest, fetchText, type ResponseHeaders } from '@gaia/http-client/bounded-fetch';
import { KeySetRefused } from './key-set.ts';

export interface FetchedKeySet {
  /** The document, or undefined when the issuer says that the one we have is still current (304). */
  readonly text: string | undefined;
  readonly etag: string | undefined;
  /** How long the issuer calls the document fresh, in seconds; undefined if it says nothing. */
  readonly maxAgeSeconds: number | undefined;
}

export interface KeySetRequest extends Pick<BoundedRequest, 'fetch' | 'timeoutMs' | 'maxBytes'> {
  readonly url: string;
  readonly etag: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * One request for a JWKS document. Redirects are not followed: an attacker who can answer for the issuer's URL must not be able
 * to hand the choice of keys to another host. Throws KeySetRefused or FetchError.
 */
export async function fetchKeySet({ url, etag, ...request }: KeySetRequest): Promise<FetchedKeySet> {
  const { status, headers, text } = await fetchText(url, {
    ...request,
    headers: {
      accept: 'application/jwk-set+json, application/json',
      ...(etag !== undefined && { 'if-none-match': etag }),
    },
  });
  const current = status === 304 && etag !== undefined;
  if (!current && status !== 200) throw new KeySetRefused(`the issuer answered ${status}`);
  return {
    text: current ? undefined : text,
    etag: headers.get('etag') ?? (current ? etag : undefined),
    maxAgeSeconds: maxAgeSeconds(headers),
  };
}

/** RFC 9111 §5.2.2.1 and §5.1: what `max-age` leaves after the time that caches on the way have kept the answer. */
export function maxAgeSeconds(headers: ResponseHeaders): number | undefined {
  const directives = headers.get('cache-control')?.toLowerCase() ?? '';
  if (/(?:^|[\s,])no-(?:store|cache)(?:[\s,]|$)/.test(directives)) return 0;
  const stated = /(?:^|[\s,])max-age="?(\d{1,10})/.exec(directives)?.[1];
  if (stated === undefined) return undefined;
  const age = /^\d{1,10}$/.exec(headers.get('age')?.trim() ?? '')?.[0] ?? '0';
  return Math.max(0, Number(stated) - Number(age));
}
