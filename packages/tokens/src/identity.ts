/** Who makes a request, as a service sees it: the access token's claims under readable names. Deeply frozen. */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: readonly string[];
  readonly clientId: string;
  readonly sessionId: string | undefined;
  readonly tokenId: string;
  readonly keyId: string;
  readonly site: string | undefined;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  /** NumericDates, seconds. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly authTime: number | undefined;
  readonly amr: readonly string[];
  /** Subject of the service that acts for the user (RFC 8693 §4.1). */
  readonly actor: string | undefined;
  /** Sessions of all who act for the user, as far as they have any. */
  readonly actorSessionIds: readonly string[];
}

/** What `GET /<service>/whoami` answers: the identity in the wire's names. */
export interface WhoAmI {
  iss: string;
  sub: string;
  aud: string[];
  client_id: string;
  jti: string;
  iat: number;
  exp: number;
  roles: string[];
  scope: string;
  sid?: string;
  site?: string;
  auth_time?: number;
  amr?: string[];
  act?: { sub: string };
}

export function whoAmI(identity: Identity): WhoAmI {
  return {
    iss: identity.issuer,
    sub: identity.subject,
    aud: [...identity.audience],
    client_id: identity.clientId,
    jti: identity.tokenId,
    iat: identity.issuedAt,
    exp: identity.expiresAt,
    roles: [...identity.roles],
    scope: identity.scopes.join(' '),
    ...(identity.sessionId !== undefined && { sid: identity.sessionId }),
    ...(identity.site !== undefined && { site: identity.site }),
    ...(identity.authTime !== undefined && { auth_time: identity.authTime }),
    ...(identity.amr.length > 0 && { amr: [...identity.amr] }),
    ...(identity.actor !== undefined && { act: { sub: identity.actor } }),
  };
}
