import { sign } from 'node:crypto';
import { type HandOverClaims, verifyHandOverToken } from '@gaia/hand-over/hand-over-token';
import type { KeySource } from '@gaia/token-guard/verifier';
import { tokenPurposes } from '@gaia/tokens/purposes';
import type { SigningKey } from '../keys/signing-key.ts';
import { encodeSegment } from '../tokens/compact-jws.ts';

export interface HandOver {
  readonly subject: string;
  readonly sessionId: string;
  readonly site: string;
  /** Origin of the site. */
  readonly audience: string;
  /** Digest of the verifier in the target's browser. */
  readonly nonce: string;
  readonly remember: boolean;
}

export interface HandOverTokens {
  issue(handOver: HandOver): { readonly token: string /** Seconds. */; readonly expiresIn: number };
  /** Rejects with TokenRefusal. */
  verify(token: string): Promise<HandOverClaims>;
}

export interface HandOverTokenOptions {
  readonly issuer: string;
  readonly keys: KeySource;
  signing(): SigningKey;
  /** Milliseconds since the epoch. */
  now(): number;
  randomId(): string;
}

const { typ, algorithm, lifetimeSeconds } = tokenPurposes.siteHandOver;

/** Tokens that bring a sign-on to another site: RS256, because that site's gateway verifies them. */
export function createHandOverTokens(options: HandOverTokenOptions): HandOverTokens {
  const { issuer, now } = options;
  return {
    issue: ({ subject, sessionId, site, audience, nonce, remember }) => {
      const key = options.signing();
      const at = Math.floor(now() / 1_000);
      const claims: HandOverClaims = {
        iss: issuer,
        sub: subject,
        aud: audience,
        exp: at + lifetimeSeconds,
        iat: at,
        nbf: at,
        jti: options.randomId(),
        sid: sessionId,
        site,
        nonce,
        ...(remember && { remember }),
      };
      const signedText = `${encodeSegment({ alg: algorithm, typ, kid: key.kid })}.${encodeSegment(claims)}`;
      const signature = sign('sha256', Buffer.from(signedText), key.privateKey).toString('base64url');
      return { token: `${signedText}.${signature}`, expiresIn: lifetimeSeconds };
    },
    verify: (token) => verifyHandOverToken(token, { issuer, audience: undefined, keys: options.keys, now: now() }),
  };
}
