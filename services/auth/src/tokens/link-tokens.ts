import type { LinkTokenClaims } from '@gaia/jwt/purpose-claims';
import { TokenRefusal } from '@gaia/jwt/refusal';
import { type KeySource, publishedKeySignature } from '@gaia/jwt/signature';
import type { Sign } from '@gaia/jwt/signer';
import type { SymmetricTokens } from '@gaia/jwt/symmetric';
import { verifyToken } from '@gaia/jwt/verify';
import { tokenPurposes } from '@gaia/tokens/purposes';
import { problem } from '../errors.ts';

/** Purposes of the tokens that links in mails carry. */
export type LinkPurpose = 'emailVerification' | 'passwordReset' | 'emailChange' | 'invitation';

/** What a link is bound to. It works while all of this is still so; its use makes it untrue. */
export interface LinkClaims {
  /** Id of the user, registration or invitation. */
  readonly subject: string;
  /** Key of the address that the mail went to. */
  readonly email?: string | undefined;
  /** The user's credential version: a change of password or address ends the link. */
  readonly credentialVersion?: number | undefined;
  /** The user's link version: a newer link, or this one's use, ends it. */
  readonly linkVersion?: number | undefined;
  /** The subject is a registration and no user yet. */
  readonly isRegistration?: boolean | undefined;
}

export interface LinkTokens {
  issue(purpose: LinkPurpose, claims: LinkClaims): Promise<string>;
  /** Rejects with link_invalid, link_expired. That the link is still unused is for the caller to find out. */
  verify(purpose: LinkPurpose, token: string): Promise<LinkClaims>;
}

export interface LinkTokenOptions {
  readonly issuer: string;
  readonly keys: KeySource;
  readonly sign: Sign;
  readonly invitations: SymmetricTokens<'invitation'>;
  now(): number;
  randomId(): string;
}

export const MAX_LINK_TOKEN_LENGTH = 2_048;
const AUDIENCE = 'auth';

/**
 * Signed links (RFC 7519). Each purpose has a `typ` of its own and is taken nowhere else (RFC 8725 §3.11, §3.12).
 * Invitations outlive signing keys and are verified by their maker alone, so they are signed with a secret of their own.
 */
export function createLinkTokens(options: LinkTokenOptions): LinkTokens {
  const { issuer, sign, invitations, now, randomId } = options;
  const published = publishedKeySignature(options.keys);
  return {
    issue: async (purpose, { subject, email, credentialVersion, linkVersion, isRegistration }) => {
      const issuedAt = Math.floor(now() / 1_000);
      const claims: LinkTokenClaims = {
        iss: issuer,
        aud: AUDIENCE,
        sub: subject,
        jti: randomId(),
        iat: issuedAt,
        exp: issuedAt + tokenPurposes[purpose].lifetimeSeconds,
        ...(email !== undefined && { email }),
        ...(credentialVersion !== undefined && { cv: credentialVersion }),
        ...(linkVersion !== undefined && { lv: linkVersion }),
        ...(isRegistration !== undefined && { reg: isRegistration }),
      };
      return purpose === 'invitation' ? invitations.sign(claims) : sign(purpose, claims);
    },
    verify: async (purpose, token) => {
      if (token.length > MAX_LINK_TOKEN_LENGTH) throw problem('link_invalid');
      const claims = await verifyToken(purpose, token, {
        signature: purpose === 'invitation' ? invitations.signature : published,
        issuer,
        audiences: [AUDIENCE],
        maxLifetimeSeconds: tokenPurposes[purpose].lifetimeSeconds,
        isMaker: true,
        now: now(),
      }).catch((error: unknown) => {
        if (!(error instanceof TokenRefusal)) throw error;
        throw problem(error.reason === 'expired' ? 'link_expired' : 'link_invalid');
      });
      return {
        subject: claims.sub,
        email: claims.email,
        credentialVersion: claims.cv,
        linkVersion: claims.lv,
        isRegistration: claims.reg === true,
      };
    },
  };
}
