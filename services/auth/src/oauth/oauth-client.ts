import { createHash, timingSafeEqual } from 'node:crypto';
import type { ClientKey } from './client-keys.ts';

/** A program that gets tokens of its own: a service account, or one of SERVICE_CLIENTS. */
export interface OAuthClient {
  readonly id: string;
  /** SHA-256 of its secret; undefined where it has none. */
  readonly secretDigest: Buffer | undefined;
  /** What its own assertions are verified with (RFC 7523). */
  readonly publicKeys: readonly ClientKey[];
  /** All that it may ask for, and all that it may do for a user. */
  readonly scopes: readonly string[];
  /** The site that its tokens are for. */
  readonly site: string | undefined;
  /** Whether it may act for users (RFC 8693). */
  readonly mayExchange: boolean;
}

export type FindClient = (id: string) => Promise<OAuthClient | undefined>;

/** Syntax of a client's id: shorter than a user's id, so that a client can never be taken for a user. */
export const CLIENT_ID_PATTERN = '^[a-z][a-z0-9-]{1,31}$';

export function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** Of no secret: the digest of a text that is too short to be one. */
const unknownDigest = digestOf('');

/** Whether the secret is the client's. The same work is done for clients that are not known, or have no secret. */
export function isSecretOf(client: OAuthClient | undefined, secret: string): boolean {
  const isRight = timingSafeEqual(digestOf(secret), client?.secretDigest ?? unknownDigest);
  return isRight && client?.secretDigest !== undefined;
}
