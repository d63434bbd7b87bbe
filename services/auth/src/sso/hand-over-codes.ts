import { verifyHandOverToken } from '@gaia/hand-over/hand-over-token';
import type { HandOverClaims } from '@gaia/jwt/purpose-claims';
import type { KeySource } from '@gaia/jwt/signature';
import type { Sign } from '@gaia/jwt/signer';
import { tokenPurposes } from '@gaia/tokens/purposes';

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

export interface HandOverCodes {
  issue(handOver: HandOver): Promise<{ readonly token: string /** Seconds. */; readonly expiresIn: number }>;
  /** Rejects with TokenRefusal. */
  verify(token: string): Promise<HandOverClaims>;
}

export interface HandOverCodeOptions {
  readonly issuer: string;
  readonly keys: KeySource;
  readonly sign: Sign;
  /** Milliseconds since the epoch. */
  now(): number;
  randomId(): string;
}

const { lifetimeSeconds } = tokenPurposes.siteHandOver;

/** Tokens that bring a sign-on to another site: RS256, because that site's gateway verifies them. */
export function createHandOverCodes(options: HandOverCodeOptions): HandOverCodes {
  const { issuer, now } = options;
  return {
    issue: async ({ subject, sessionId, site, audience, nonce, remember }) => {
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
      return { token: await options.sign('siteHandOver', claims), expiresIn: lifetimeSeconds };
    },
    verify: (token) =>
      verifyHandOverToken(token, { issuer, audience: undefined, keys: options.keys, isMaker: true, now: now() }),
  };
}
