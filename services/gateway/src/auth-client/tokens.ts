import type { AccessClaims } from '@gaia/tokens/access-claims';
import type { Identity } from '@gaia/tokens/identity';
import { decodeJwt, decodeProtectedHeader } from 'jose';

/** The user of a session. */
export interface SessionUser {
  readonly id: string;
  readonly email: string;
  readonly username: string | null;
  readonly name: string | null;
  readonly administrator: boolean;
}

/** The tokens of one refresh family. Times in milliseconds since the epoch. */
export interface SessionTokens {
  readonly accessToken: string;
  readonly accessIssuedAt: number;
  readonly accessExpiresAt: number;
  readonly refreshToken: string;
  readonly scope: string;
  /** End of the login however often its tokens are refreshed, as far as auth has told. */
  readonly loginEndsAt?: number | undefined;
  /** Why these tokens were fetched: at login, because of their age, or because the ones before were refused. */
  readonly cause: 'login' | 'age' | 'refusal';
}

/** What auth responds with to a login, and to all that leads to other tokens. */
export interface TokenResponse {
  readonly tokens: SessionTokens;
  readonly user: SessionUser;
}

/**
 * What the revocation feed is asked about: the claims of the session's access token. Auth itself has given it, over the
 * suite's own network, so its signature is for the services to verify.
 */
export function identityOf(accessToken: string): Identity | undefined {
  const token = decoded(accessToken);
  if (token === undefined) return undefined;
  const { header, claims } = token;
  const { aud = [], roles = [] } = claims;
  return {
    issuer: claims.iss ?? '',
    subject: claims.sub ?? '',
    audience: typeof aud === 'string' ? [aud] : aud,
    clientId: claims.client_id ?? '',
    sessionId: claims.sid,
    tokenId: claims.jti ?? '',
    keyId: header.kid ?? '',
    site: claims.site,
    roles,
    scopes: [],
    issuedAt: claims.iat ?? 0,
    expiresAt: claims.exp ?? 0,
    authTime: claims.auth_time,
    amr: [],
    actor: undefined,
    actorSessionIds: [],
  };
}

function decoded(accessToken: string) {
  try {
    return { header: decodeProtectedHeader(accessToken), claims: decodeJwt<Partial<AccessClaims>>(accessToken) };
  } catch {
    return undefined;
  }
}
