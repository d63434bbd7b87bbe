import { createHash, timingSafeEqual } from 'node:crypto';

/** A verifier as the target's browser holds it, and the digest of one as the token carries it: 32 bytes, base64url. */
const syntax = /^[\w-]{43}$/;

export function isNonce(text: unknown): text is string {
  return typeof text === 'string' && syntax.test(text);
}

/**
 * What may be shown of a verifier: its SHA-256 (as PKCE's S256, RFC 7636 §4.2). A reader of the link sees the digest
 * only; the verifier itself never leaves the browser that began and the services that finish.
 */
export function nonceOf(verifier: string): string {
  return createHash('sha256').update(verifier, 'ascii').digest('base64url');
}

/** Whether a nonce is that of the verifier, compared in constant time. */
export function isNonceOf(nonce: string, verifier: string): boolean {
  if (!isNonce(nonce) || !isNonce(verifier)) return false;
  return timingSafeEqual(Buffer.from(nonce), Buffer.from(nonceOf(verifier)));
}
