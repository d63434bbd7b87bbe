import type { Actor } from '@gaia/tokens/access-claims';
import type { TokenPurposeName } from '@gaia/tokens/purposes';
import type { ClaimsByPurpose } from './purpose-claims.ts';
import { refuseUnless, TokenRefusal } from './refusal.ts';
import type { JsonObject } from './strict-json.ts';

export interface ClaimRules {
  /** Compared exactly with `iss`; not asked if undefined. */
  readonly issuer?: string | undefined;
  /** The token must be for one of these; undefined where the purpose knows no audience. */
  readonly audiences?: readonly string[] | undefined;
  /** A token whose `exp` is further from its `iat` is refused; not asked if undefined. */
  readonly maxLifetimeSeconds?: number | undefined;
}

/** Claims that a token of each purpose must have. */
const REQUIRED: Readonly<Record<TokenPurposeName, readonly string[]>> = {
  // RFC 9068 §2.2
  access: ['iss', 'sub', 'aud', 'exp', 'iat', 'jti', 'client_id'],
  refresh: ['iss', 'sub', 'aud', 'exp', 'iat', 'sid', 'seq'],
  siteHandOver: ['iss', 'sub', 'aud', 'exp', 'iat', 'nbf', 'jti', 'sid', 'site', 'nonce'],
  passwordReset: ['iss', 'sub', 'aud', 'exp', 'iat', 'jti'],
  emailVerification: ['iss', 'sub', 'aud', 'exp', 'iat', 'jti'],
  emailChange: ['iss', 'sub', 'aud', 'exp', 'iat', 'jti'],
  invitation: ['iss', 'sub', 'aud', 'exp', 'iat', 'jti'],
  fileDownload: ['iss', 'aud', 'exp', 'iat', 'jti'],
  webhook: ['exp', 'iat', 'jti'],
  // RFC 7523 §3
  clientAssertion: ['iss', 'sub', 'aud', 'exp', 'jti'],
};

/** Purposes whose tokens can be for several audiences at once; every other one is made for one place. */
const MANY_AUDIENCES: readonly TokenPurposeName[] = ['access', 'webhook', 'clientAssertion'];

/** Purposes whose signer is not ours: what its claims beyond RFC 7519 §4.1 are is its own business. */
const FOREIGN: readonly TokenPurposeName[] = ['webhook', 'clientAssertion'];

/** Largest NumericDate that is still a date of four-digit years. */
const MAX_NUMERIC_DATE = 253_402_300_799;
const MAX_ID_LENGTH = 255;
const MAX_SCOPE_LENGTH = 4_096;
const MAX_LIST_LENGTH = 64;

/**
 * Refuses claims that a token of the purpose cannot have. Times that can only pass once (`exp`, `nbf`, `iat`) are in
 * checkTimes, because they are asked on every use.
 * Throws TokenRefusal: claim_missing, claim_malformed, issuer_unknown, audience_wrong, lifetime_too_long.
 */
export function checkClaims<Purpose extends TokenPurposeName>(
  purpose: Purpose,
  payload: JsonObject,
  rules: ClaimRules,
): ClaimsByPurpose[Purpose] {
  for (const name of REQUIRED[purpose]) refuseUnless(Object.hasOwn(payload, name), 'claim_missing');
  for (const [name, isProper] of FOREIGN.includes(purpose) ? REGISTERED_KINDS : KINDS) {
    const value = payload[name];
    refuseUnless(value === undefined || isProper(value), 'claim_malformed');
  }
  const claims = payload as unknown as RegisteredClaims;
  refuseUnless(typeof claims.aud !== 'object' || MANY_AUDIENCES.includes(purpose), 'claim_malformed');
  if (rules.issuer !== undefined) refuseUnless(claims.iss === rules.issuer, 'issuer_unknown');
  if (rules.audiences !== undefined) checkAudience(claims, rules.audiences);
  if (rules.maxLifetimeSeconds !== undefined) checkLifetime(claims, rules.maxLifetimeSeconds);
  return payload as unknown as ClaimsByPurpose[Purpose];
}

/** Claims with a meaning of their own in every token (RFC 7519 §4.1), after their kinds have been checked. */
interface RegisteredClaims {
  readonly iss?: string;
  readonly aud?: string | readonly string[];
  readonly exp: number;
  readonly iat?: number;
  readonly nbf?: number;
}

/** RFC 8725 §3.9: a token made for another audience is refused, however genuine. */
function checkAudience({ aud = [] }: RegisteredClaims, audiences: readonly string[]): void {
  const named: readonly string[] = typeof aud === 'string' ? [aud] : aud;
  refuseUnless(
    named.some((audience) => audiences.includes(audience)),
    'audience_wrong',
  );
}

/** Revocations are forgotten after the longest life, so a token that lived longer could come back. */
function checkLifetime({ exp, iat }: RegisteredClaims, maxLifetimeSeconds: number): void {
  refuseUnless(iat === undefined || exp - iat <= maxLifetimeSeconds, 'lifetime_too_long');
}

/** When a token may be used, in milliseconds; the tolerated difference of clocks is in it. */
export interface Validity {
  readonly issuedFrom: number;
  readonly from: number;
  readonly until: number;
}

/** Tolerated difference of clocks in seconds: before a token's time, and after it. */
export interface ClockSkew {
  readonly early: number;
  readonly late: number;
}

/** When the claims say that their token may be used. */
export function validityOf({ exp, iat = 0, nbf = iat }: RegisteredClaims, skew: ClockSkew): Validity {
  return {
    issuedFrom: (iat - skew.early) * 1_000,
    from: (nbf - skew.early) * 1_000,
    until: (exp + skew.late) * 1_000,
  };
}

/** RFC 7519 §4.1.4 to §4.1.6. Throws TokenRefusal: expired, issued_in_future, not_yet_valid. */
export function checkTimes({ issuedFrom, from, until }: Validity, now: number): void {
  if (now >= until) throw new TokenRefusal('expired');
  if (now < issuedFrom) throw new TokenRefusal('issued_in_future');
  if (now < from) throw new TokenRefusal('not_yet_valid');
}

type Check = (value: unknown) => boolean;

const CONTROL_CHARACTER = /\p{Cc}/u;

type Kinds = readonly (readonly [name: string, isProper: Check])[];

/** The claims of RFC 7519 §4.1. */
const REGISTERED_KINDS: Kinds = Object.entries({
  iss: isId,
  sub: isId,
  aud: isAudience,
  exp: isNumericDate,
  iat: isNumericDate,
  nbf: isNumericDate,
  jti: isId,
});

/** What the value of a claim of ours can be, by its name: a name means the same in every purpose. */
const KINDS: Kinds = [
  ...REGISTERED_KINDS,
  ...Object.entries({
    client_id: isId,
    sid: isId,
    site: isId,
    roles: isListOfIds,
    scope: isScope,
    auth_time: isNumericDate,
    amr: isListOfIds,
    act: isActor,
    seq: isCount,
    nonce: isSha256,
    remember: isTrue,
    email: isId,
    cv: isCount,
    lv: isCount,
    reg: isBoolean,
  }),
];

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

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** As PKCE's S256 challenge (RFC 7636 §4.2): 32 bytes, base64url. */
function isSha256(value: unknown): boolean {
  return typeof value === 'string' && /^[\w-]{43}$/.test(value);
}

function isTrue(value: unknown): boolean {
  return value === true;
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean';
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
