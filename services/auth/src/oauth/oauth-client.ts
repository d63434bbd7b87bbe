import { createHash, timingSafeEqual } from 'node:crypto';
import type { ClientKey } from './client-keys.ts';

/** What a client authenticates with, as far as the tokens that it obtains so are concerned. */
export interface ClientCredential {
  /** Their `sid`: revoked when the credential ends. Undefined for what the configuration gives, which ends with it. */
  readonly sessionId: string | undefined;
  /** Milliseconds: none of them lives longer. Undefined where there is no end. */
  readonly expiresAt: number | undefined;
}

export interface ClientSecret extends ClientCredential {
  /** Undefined for the one of the configuration. */
  readonly id: string | undefined;
  /** SHA-256. */
  readonly digest: Buffer;
  /** Milliseconds. */
  readonly lastUsedAt: number | undefined;
}

/** A program that gets tokens of its own: a service account, or one of SERVICE_CLIENTS. */
export interface OAuthClient {
  readonly id: string;
  readonly secrets: readonly ClientSecret[];
  /** What its own assertions are verified with (RFC 7523). */
  readonly publicKeys: readonly ClientKey[];
  /** `sid` of the tokens that are obtained with the keys. */
  readonly keysSessionId: string | undefined;
  /** All that it may ask for, and all that it may do for a user. */
  readonly scopes: readonly string[];
  /** The site that its tokens are for. */
  readonly site: string | undefined;
  /** Whether it may act for users (RFC 8693). */
  readonly mayExchange: boolean;
}

/** A client that has shown who it is, and with what. */
export interface AuthenticatedClient extends OAuthClient {
  readonly credential: ClientCredential;
}

/** The client with what of it is good now, all of one moment. */
export type FindClient = (id: string) => Promise<OAuthClient | undefined>;

/** Syntax of a client's id: shorter than a user's id, so that a client can never be taken for a user. */
export const CLIENT_ID_PATTERN = '^[a-z][a-z0-9-]{1,31}$';

export function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** Of no secret: the digest of a text that is too short to be one. */
const unknownDigest = digestOf('');

/** Which of the client's secrets it is. The same work is done for clients that are not known, or have no secret. */
export function secretOf(client: OAuthClient | undefined, secret: string): ClientSecret | undefined {
  const digest = digestOf(secret);
  timingSafeEqual(digest, unknownDigest);
  return client?.secrets.find((known) => timingSafeEqual(digest, known.digest));
}

/** A life in seconds that does not go beyond the credential's; 0 or less where it has ended. */
export function lifetimeWithin({ expiresAt }: ClientCredential, issuedAt: number, seconds: number): number {
  return expiresAt === undefined ? seconds : Math.min(seconds, Math.floor(expiresAt / 1_000) - issuedAt);
}
