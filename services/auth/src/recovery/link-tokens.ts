import { createHmac, createPublicKey, hkdfSync, type KeyObject, sign, timingSafeEqual, verify } from 'node:crypto';
import { tokenPurposes } from '@gaia/tokens/purposes';
import { problem } from '../errors.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import type { PublicJwk } from '../keys/public-jwk.ts';
import { decodeSegment, encodeSegment } from '../tokens/compact-jws.ts';

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
  issue(purpose: LinkPurpose, claims: LinkClaims): string;
  /** Throws link_invalid, link_expired. That the link is still unused is for the caller to find out. */
  verify(purpose: LinkPurpose, token: string): LinkClaims;
}

export interface LinkTokenOptions {
  readonly issuer: string;
  readonly keyRing: Pick<KeyRing, 'signing' | 'document'>;
  /** What the keys of symmetric purposes are derived from. */
  readonly secret: string;
  now(): number;
  randomId(): string;
}

export const MAX_LINK_TOKEN_LENGTH = 2_048;
const AUDIENCE = 'auth';

/**
 * Signed links (RFC 7519). Each purpose has a `typ` of its own and is taken nowhere else (RFC 8725 §3.11, §3.12).
 * Invitations outlive signing keys and are verified by nobody else, so they are signed with a key derived for them alone.
 */
export function createLinkTokens({ issuer, keyRing, secret, now, randomId }: LinkTokenOptions): LinkTokens {
  const symmetricKeys = new Map<string, Buffer>();
  const publicKeys = new WeakMap<PublicJwk, KeyObject>();

  function symmetricKey(typ: string): Buffer {
    const known = symmetricKeys.get(typ);
    if (known !== undefined) return known;
    const key = Buffer.from(hkdfSync('sha256', secret, '', `gaia ${typ}`, 32));
    symmetricKeys.set(typ, key);
    return key;
  }

  function publicKey(kid: unknown): KeyObject {
    const jwk = keyRing.document().keys.find((one) => one.kid === kid);
    if (jwk === undefined) throw problem('link_invalid');
    const known = publicKeys.get(jwk);
    if (known !== undefined) return known;
    const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
    publicKeys.set(jwk, key);
    return key;
  }

  function hasGoodSignature(
    purpose: LinkPurpose,
    [head, payload, signature]: readonly [string, string, string],
  ): boolean {
    const { algorithm, typ } = tokenPurposes[purpose];
    const signedText = Buffer.from(`${head}.${payload}`);
    if (algorithm === 'HS256') {
      // One header only is ever issued, so algorithm and type are compared as text (RFC 8725 §3.1).
      if (head !== encodeSegment({ alg: algorithm, typ })) return false;
      const expected = createHmac('sha256', symmetricKey(typ)).update(signedText).digest('base64url');
      return signature.length === expected.length && timingSafeEqual(Buffer.from(signature), Buffer.from(expected));
    }
    const kid = decodeSegment(head)?.kid;
    if (head !== encodeSegment({ alg: algorithm, typ, kid })) return false;
    const bytes = Buffer.from(signature, 'base64url');
    return bytes.toString('base64url') === signature && verify('sha256', signedText, publicKey(kid), bytes);
  }

  return {
    issue: (purpose, { subject, email, credentialVersion, linkVersion, isRegistration }) => {
      const { algorithm, typ, lifetimeSeconds } = tokenPurposes[purpose];
      const issuedAt = Math.floor(now() / 1_000);
      const payload = encodeSegment({
        iss: issuer,
        aud: AUDIENCE,
        sub: subject,
        jti: randomId(),
        iat: issuedAt,
        exp: issuedAt + lifetimeSeconds,
        email,
        cv: credentialVersion,
        lv: linkVersion,
        reg: isRegistration,
      });
      if (algorithm === 'HS256') {
        const signedText = `${encodeSegment({ alg: algorithm, typ })}.${payload}`;
        return `${signedText}.${createHmac('sha256', symmetricKey(typ)).update(signedText).digest('base64url')}`;
      }
      const key = keyRing.signing();
      const signedText = `${encodeSegment({ alg: algorithm, typ, kid: key.kid })}.${payload}`;
      return `${signedText}.${sign('sha256', Buffer.from(signedText), key.privateKey).toString('base64url')}`;
    },
    verify: (purpose, token) => {
      const [head, payload, signature, ...rest] = token.split('.');
      if (!head || !payload || !signature || rest.length > 0 || token.length > MAX_LINK_TOKEN_LENGTH) {
        throw problem('link_invalid');
      }
      if (!hasGoodSignature(purpose, [head, payload, signature])) throw problem('link_invalid');
      const claims = decodeSegment(payload);
      if (claims === undefined || claims.iss !== issuer || claims.aud !== AUDIENCE) throw problem('link_invalid');
      const { sub, exp, email, cv, lv, reg } = claims;
      if (typeof sub !== 'string' || typeof exp !== 'number') throw problem('link_invalid');
      if (now() >= exp * 1_000) throw problem('link_expired');
      return {
        subject: sub,
        email: typeof email === 'string' ? email : undefined,
        credentialVersion: typeof cv === 'number' ? cv : undefined,
        linkVersion: typeof lv === 'number' ? lv : undefined,
        isRegistration: reg === true,
      };
    },
  };
}
