import type { Identity } from '@gaia/tokens/identity';

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

/** What the revocation feed is asked about: the claims of the session's access token. It came from auth itself. */
export function identityOf(accessToken: string): Identity | undefined {
  const [head, body] = accessToken.split('.', 2);
  const header = decode(head);
  const claims = decode(body);
  if (header === undefined || claims === undefined) return undefined;
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const seconds = (value: unknown): number => (typeof value === 'number' ? value : 0);
  return {
    issuer: text(claims.iss),
    subject: text(claims.sub),
    audience: (Array.isArray(claims.aud) ? claims.aud : [claims.aud]).filter((one) => typeof one === 'string'),
    clientId: text(claims.client_id),
    sessionId: typeof claims.sid === 'string' ? claims.sid : undefined,
    tokenId: text(claims.jti),
    keyId: text(header.kid),
    site: typeof claims.site === 'string' ? claims.site : undefined,
    roles: Array.isArray(claims.roles) ? claims.roles.filter((role) => typeof role === 'string') : [],
    scopes: [],
    issuedAt: seconds(claims.iat),
    expiresAt: seconds(claims.exp),
    authTime: typeof claims.auth_time === 'number' ? claims.auth_time : undefined,
    amr: [],
    actor: undefined,
    actorSessionIds: [],
  };
}

function decode(part: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
