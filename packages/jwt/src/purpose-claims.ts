import type { AccessClaims } from '@gaia/tokens/access-claims';

/** Claims that every token of ours has (RFC 7519 §4.1); times are NumericDates, seconds. */
interface OwnClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string;
  readonly exp: number;
  readonly iat: number;
  readonly jti: string;
}

/** What the link in a mail is bound to: it works while all of this is still so. */
export interface LinkTokenClaims extends OwnClaims {
  /** Key of the address that the mail went to. */
  readonly email?: string;
  /** The user's credential version. */
  readonly cv?: number;
  /** The user's link version. */
  readonly lv?: number;
  /** The subject is a registration and no user yet. */
  readonly reg?: boolean;
}

export interface RefreshTokenClaims extends Omit<OwnClaims, 'jti'> {
  readonly sid: string;
  /** Number of the rotation. */
  readonly seq: number;
  readonly site?: string;
}

/** A token that hands a sign-on over to another site; `aud` is that site's origin. */
export interface HandOverClaims extends OwnClaims {
  readonly nbf: number;
  /** The session that it comes from. */
  readonly sid: string;
  readonly site: string;
  /** Digest of the verifier that the target keeps in the browser that asked. */
  readonly nonce: string;
  /** The user wants to stay signed in on this device. */
  readonly remember?: true;
}

/** Claims of a sender's or client's own token: the checked ones, and whatever else is in it. */
interface ForeignClaims {
  readonly exp: number;
  readonly jti: string;
  readonly iat?: number;
  readonly nbf?: number;
  readonly iss?: string;
  readonly sub?: string;
  readonly aud?: string | readonly string[];
  readonly [name: string]: unknown;
}

/** The payload of a token of each purpose, after checkClaims. */
export interface ClaimsByPurpose {
  readonly access: AccessClaims;
  readonly refresh: RefreshTokenClaims;
  readonly siteHandOver: HandOverClaims;
  readonly passwordReset: LinkTokenClaims;
  readonly emailVerification: LinkTokenClaims;
  readonly emailChange: LinkTokenClaims;
  readonly invitation: LinkTokenClaims;
  readonly fileDownload: ForeignClaims;
  readonly webhook: ForeignClaims & { readonly iat: number };
  readonly clientAssertion: ForeignClaims;
}
