import { CLOCK_SKEW_SECONDS, type TokenPurposeName } from '@gaia/tokens/purposes';
import { type ClaimRules, checkClaims, checkTimes, validityOf } from './claims.ts';
import { preflight } from './preflight.ts';
import type { ClaimsByPurpose } from './purpose-claims.ts';
import type { SignatureCheck } from './signature.ts';

const SKEW = { early: CLOCK_SKEW_SECONDS, late: CLOCK_SKEW_SECONDS } as const;
const MAKERS_SKEW = { early: CLOCK_SKEW_SECONDS, late: 0 } as const;

export interface VerifyRules extends ClaimRules {
  readonly signature: SignatureCheck;
  /**
   * The verifier's service is the one that made the token, so that `exp` is exact: clocks differ between services. What is
   * not to be used yet is judged with the skew all the same, because replicas differ too.
   */
  readonly isMaker: boolean;
  /** An expired token is taken too, one of the future is not: to end something, and for callers that tell why it expired. */
  readonly acceptsExpired?: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * The claims of a genuine token of a purpose, in time: preflight, signature, claims, times (RFC 8725 §3). That a token of
 * single use is still unused, and that it is not revoked, is for the caller to find out.
 * Rejects with TokenRefusal, or KeysUnavailable when no key of the issuer is known.
 */
export async function verifyToken<Purpose extends TokenPurposeName>(
  purpose: Purpose,
  text: string,
  rules: VerifyRules,
): Promise<ClaimsByPurpose[Purpose]> {
  const token = preflight(purpose, text);
  await rules.signature(token);
  const claims = checkClaims(purpose, token.payload, rules);
  const validity = validityOf(claims, rules.isMaker ? MAKERS_SKEW : SKEW);
  checkTimes(rules.acceptsExpired ? { ...validity, until: Number.POSITIVE_INFINITY } : validity, rules.now);
  return claims;
}
