/** Who acts for the subject; in `act`, who acted before it (RFC 8693 §4.1). Only the outermost one decides anything. */
export interface Actor {
  readonly sub: string;
  /** Session of the actor: what it has shown of itself. Revoking it revokes the token. */
  readonly sid?: string;
  readonly act?: Actor;
}

/** Payload of an access token (RFC 9068 §2.2) as it travels. */
export interface AccessClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string | readonly string[];
  /** NumericDate, seconds. */
  readonly exp: number;
  readonly iat: number;
  readonly nbf?: number;
  readonly jti: string;
  readonly client_id: string;
  /** Login family that the token belongs to; in service accounts' tokens, what the account has authenticated with. */
  readonly sid?: string;
  /** The one site that the token is for; absent where the caller has no site. */
  readonly site?: string;
  readonly roles?: readonly string[];
  /** Space-separated effective permissions (RFC 6749 §3.3). */
  readonly scope?: string;
  readonly auth_time?: number;
  readonly amr?: readonly string[];
  /** Acting party, when a service acts on behalf of the user (RFC 8693 §4.1). */
  readonly act?: Actor;
}
