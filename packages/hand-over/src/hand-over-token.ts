import { verify as verifySignature } from 'node:crypto';
import { readCompactToken } from '@gaia/token-guard/compact-token';
import { refuseUnless, TokenRefusal } from '@gaia/token-guard/refusal';
import type { KeySource } from '@gaia/token-guard/verifier';
import { CLOCK_SKEW_SECONDS, tokenPurposes } from '@gaia/tokens/purposes';
import { isNonce } from './nonce.ts';

/** Payload of a token that hands a sign-on over to another site, as it travels. */
export interface HandOverClaims {
  readonly iss: string;
  readonly sub: string;
  /** Origin of the site that it is for (RFC 6454 §6.2). */
  readonly aud: string;
  /** NumericDates, seconds. */
  readonly exp: number;
  readonly iat: number;
  readonly nbf: number;
  readonly jti: string;
  /** The login that it comes from. */
  readonly sid: string;
  readonly site: string;
  /** Digest of the verifier that the target keeps in the browser that asked. */
  readonly nonce: string;
  /** The user wants to stay signed in on this device. */
  readonly remember?: true;
}

export interface HandOverRules {
  /** Compared exactly with `iss`. */
  readonly issuer: string;
  /** Compared exactly with `aud`. */
  readonly audience: string | undefined;
  readonly keys: Pick<KeySource, 'find' | 'lookUp'>;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const { typ, algorithm, lifetimeSeconds } = tokenPurposes.siteHandOver;
const MAX_TEXT = 255;

/**
 * The claims of a genuine hand-over token in time, verified offline (RFC 8725). Its single use and its nonce are for the
 * caller to check. Rejects with TokenRefusal.
 */
export async function verifyHandOverToken(token: string, rules: HandOverRules): Promise<HandOverClaims> {
  const { header, payload, signedText, signature } = readCompactToken(token);
  // One form of header only is ever issued: whatever else is in it is not ours.
  const { alg, typ: type, kid, ...others } = header;
  refuseUnless(alg === algorithm, 'algorithm_not_allowed');
  refuseUnless(type === typ, 'type_not_access');
  refuseUnless(Object.keys(others).length === 0, 'header_not_allowed');
  refuseUnless(isText(kid), 'kid_unusable');
  refuseUnless(payload.iss === rules.issuer, 'issuer_unknown');
  const key = rules.keys.find(kid) ?? (await rules.keys.lookUp(kid));
  refuseUnless(key !== undefined, 'key_unknown');
  refuseUnless(key.algorithm === algorithm, 'algorithm_not_of_key');
  const isGenuine = verifySignature('RSA-SHA256', Buffer.from(signedText, 'latin1'), key.key, signature);
  refuseUnless(isGenuine, 'signature_wrong');
  const claims = checkClaims(payload);
  refuseUnless(rules.audience === undefined || claims.aud === rules.audience, 'audience_wrong');
  checkTimes(claims, rules.now / 1_000);
  return claims;
}

function checkClaims(payload: Readonly<Record<string, unknown>>): HandOverClaims {
  for (const name of ['sub', 'aud', 'jti', 'sid', 'site'] as const) {
    refuseUnless(payload[name] !== undefined, 'claim_missing');
    refuseUnless(isText(payload[name]), 'claim_malformed');
  }
  for (const name of ['exp', 'iat', 'nbf'] as const) {
    refuseUnless(payload[name] !== undefined, 'claim_missing');
    refuseUnless(Number.isSafeInteger(payload[name]), 'claim_malformed');
  }
  refuseUnless(payload.nonce !== undefined, 'claim_missing');
  refuseUnless(isNonce(payload.nonce), 'claim_malformed');
  refuseUnless(payload.remember === undefined || payload.remember === true, 'claim_malformed');
  const claims = payload as unknown as HandOverClaims;
  refuseUnless(claims.exp - claims.iat <= lifetimeSeconds, 'lifetime_too_long');
  return claims;
}

function checkTimes({ iat, nbf, exp }: HandOverClaims, seconds: number): void {
  if (seconds >= exp + CLOCK_SKEW_SECONDS) throw new TokenRefusal('expired');
  if (seconds < iat - CLOCK_SKEW_SECONDS) throw new TokenRefusal('issued_in_future');
  if (seconds < nbf - CLOCK_SKEW_SECONDS) throw new TokenRefusal('not_yet_valid');
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_TEXT && !/\p{Cc}/u.test(value);
}
