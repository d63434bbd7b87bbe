import type { HandOverClaims } from '@gaia/jwt/purpose-claims';
import { type KeySource, publishedKeySignature } from '@gaia/jwt/signature';
import { verifyToken } from '@gaia/jwt/verify';
import { tokenPurposes } from '@gaia/tokens/purposes';

export interface HandOverRules {
  /** Compared exactly with `iss`. */
  readonly issuer: string;
  /** Compared exactly with `aud`. */
  readonly audience: string | undefined;
  readonly keys: KeySource;
  /** Auth verifies a token of its own. */
  readonly isMaker: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * The claims of a genuine hand-over token in time, verified offline (RFC 8725). Its single use and its nonce are for the
 * caller to check. Rejects with TokenRefusal, KeysUnavailable.
 */
export function verifyHandOverToken(token: string, rules: HandOverRules): Promise<HandOverClaims> {
  const { issuer, audience, keys, isMaker, now } = rules;
  return verifyToken('siteHandOver', token, {
    signature: publishedKeySignature(keys),
    issuer,
    audiences: audience === undefined ? undefined : [audience],
    maxLifetimeSeconds: tokenPurposes.siteHandOver.lifetimeSeconds,
    isMaker,
    now,
  });
}
