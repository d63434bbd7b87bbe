import type { AccessClaims, Actor } from '@gaia/tokens/access-claims';
import { refuseUnless, TokenRefusal } from './refusal.ts';
import type { JsonObject } from './strict-json.ts';

export interface ClaimRules {
  /** The token must be for one of these. */
  readonly audiences: readonly string[];
  readonly clockSkewSeconds: number;
  readonly maxLifetimeSeconds: number;
}

/** Largest NumericDate that is still a date of four-digit years. */
const MAX_NUMERIC_DATE = 253_402_300_799;
const MAX_ID_LENGTH = 255;
const MAX_SCOPE_LENGTH = 4_096;
const MAX_LIST_LENGTH = 64;
const REQUIRED = ['iss', 'sub', 'aud', 'exp', 'iat', 'jti', 'client_id'] as const;

/**
 * Refuses claims that an access token (RFC 9068 §2.2) of ours cannot have, or not now.
 * Times that can only pass once (`exp`, `nbf`, `iat`) are in checkTimes, because they are asked on every use.
 */
export function checkClaims(payload: JsonObject, rules: ClaimRules): AccessClaims {
  for (const name of REQUIRED) refuseUnless(Object.hasOwn(payload, name), 'claim_missing');
  for (const [name, isProper] of KINDS) {
    const value = payload[name];
    refuseUnless(value === undefined || isProper(value), 'claim_malformed');
  }
  const claims = payload as unknown as AccessClaims;
  checkAudience(claims, rules);
  checkLifetime(claims, rules);
  return claims;
}

/** RFC 8725 §3.9: a token made for somebody else is refused, however genuine. */
function checkAudience({ aud }: AccessClaims, { audiences }: ClaimRules): void {
  const named: readonly string[] = typeof aud === 'string' ? [aud] : aud;
  refuseUnless(
    named.some((audience) => audiences.includes(audience)),
    'audience_wrong',
  );
}

/** Cut-offs are forgotten after the longest life, so a token that lived longer could come back. */
function checkLifetime({ exp, iat }: AccessClaims, { maxLifetimeSeconds }: ClaimRules): void {
  refuseUnless(exp - iat <= maxLifetimeSeconds, 'lifetime_too_long');
}

/** When a token may be used, in milliseconds; the tolerated difference of clocks is in it. */
export interface Validity {
  readonly issuedFrom: number;
  readonly from: number;
  readonly until: number;
}

export function validityOf({ iat, nbf, exp }: AccessClaims, { clockSkewSeconds }: ClaimRules): Validity {
  return {
    issuedFrom: (iat - clockSkewSeconds) * 1_000,
    from: ((nbf ?? iat) - clockSkewSeconds) * 1_000,
    until: (exp + clockSkewSeconds) * 1_000,
  };
}

/** RFC 7519 §4.1.4 to §4.1.6. */
export function checkTimes({ issuedFrom, from, until }: Validity, now: number): void {
  if (now >= until) throw new TokenRefusal('expired');
  if (now < issuedFrom) throw new TokenRefusal('issued_in_future');
  if (now < from) throw new TokenRefusal('not_yet_valid');
}

type Check = (value: unknown) => boolean;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f-\u009f]/;

const KINDS: readonly (readonly [name: string, isProper: Check])[] = Object.entries({
  iss: isId,
  sub: isId,
  aud: isAudience,
  exp: isNumericDate,
  iat: isNumericDate,
  nbf: isNumericDate,
  jti: isId,
  client_id: isId,
  sid: isId,
  site: isId,
  roles: isListOfIds,
  scope: isScope,
  auth_time: isNumericDate,
  amr: isListOfIds,
  act: isActor,
});

/**
 * Text that every layer below can hold: no control characters (PostgreSQL refuses NUL) and no half surrogates, which
 * would turn two different subjects into one when they are encoded.
 */
function isId(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length > 0 &&
    value.length <= MAX_ID_LENGTH &&
    value.isWellFormed() &&
    !CONTROL_CHARACTER.test(value)
  );
}

function isListOfIds(value: unknown): boolean {
  return Array.isArray(value) && value.length <= MAX_LIST_LENGTH && value.every(isId);
}

function isAudience(value: unknown): boolean {
  return isId(value) || (isListOfIds(value) && (value as readonly unknown[]).length > 0);
}

/** RFC 7519 §2: a number, never a string that looks like one. */
function isNumericDate(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= MAX_NUMERIC_DATE;
}

/** RFC 6749 §3.3, and the empty string for no permission at all. */
function isScope(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    value.length <= MAX_SCOPE_LENGTH &&
    /^(?:[\x21\x23-\x5B\x5D-\x7E]+(?: [\x21\x23-\x5B\x5D-\x7E]+)*)?$/.test(value)
  );
}

/** RFC 8693 §4.1, with all who acted before. Bounded by the depth at which JSON is refused. */
function isActor(value: unknown): boolean {
  for (let actor = value; actor !== undefined; actor = (actor as Partial<Actor>).act) {
    const { sub, sid } = (actor ?? {}) as Partial<Actor>;
    if (!isId(sub) || !(sid === undefined || isId(sid))) return false;
  }
  return true;
}
