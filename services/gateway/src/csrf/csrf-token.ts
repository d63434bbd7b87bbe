import { timingSafeEqual } from 'node:crypto';
import { problem } from '../errors.ts';

/** RFC 9110 §9.2.1: methods that change nothing. */
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

export function isSafeMethod(method: string): boolean {
  return safeMethods.has(method);
}

/**
 * Refuses a request whose `x-csrf-token` header is not the token of its session (csrf_token_missing, csrf_token_invalid).
 * A form or an image of another site can send a cookie, but neither a header of its own nor a text that it cannot read.
 */
export function requireCsrfToken(header: string | string[] | undefined, expected: string): void {
  if (header === undefined || header === '') throw problem('csrf_token_missing');
  const given = Buffer.from(String(header));
  const wanted = Buffer.from(expected);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) throw problem('csrf_token_invalid');
}
