import { createHash, timingSafeEqual } from 'node:crypto';
import { isValidUnicode } from '@gaia/http-service/invalid-unicode';
import { checkClaims, checkTimes, validityOf } from '@gaia/jwt/claims';
import { preflight } from '@gaia/jwt/preflight';
import { TokenRefusal } from '@gaia/jwt/refusal';
import { verifyWithAny } from '@gaia/jwt/signature';
import { CLOCK_SKEW_SECONDS, tokenPurposes } from '@gaia/tokens/purposes';
import { isJsonObject, type JsonObject } from '../values/json-values.ts';

/** Why a message is not taken, by the check that it failed. */
export type RefusalReason =
  | 'token_missing'
  | 'token_repeated'
  | 'token_too_long'
  | 'token_malformed'
  | 'algorithm_not_allowed'
  | 'type_not_allowed'
  | 'header_not_allowed'
  | 'signature_invalid'
  | 'claim_missing'
  | 'claim_malformed'
  | 'expired'
  | 'issued_in_future'
  | 'lifetime_too_long'
  | 'audience_wrong'
  | 'digest_missing'
  | 'digest_mismatch'
  | 'jti_reused'
  | 'message_malformed'
  | 'product_unknown'
  | 'too_many';

/** A message is refused; `jti` is known only once the signature was good. */
export class WebhookRefusal extends Error {
  readonly reason: RefusalReason;
  readonly jti: string | undefined;
  constructor(reason: RefusalReason, jti?: string) {
    super(`the message is refused: ${reason}`);
    this.name = 'WebhookRefusal';
    this.reason = reason;
    this.jti = jti;
  }
}

/** A webhook token whose every check has passed. Times in seconds. */
export interface WebhookToken {
  readonly jti: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly claims: JsonObject;
}

export interface TokenExpectation {
  /** The endpoint's living secrets: the current one, and others for as long as they overlap. */
  readonly secrets: readonly string[];
  /** What `aud` must name, if the token has one. */
  readonly audiences: readonly string[];
  /** The raw body whose SHA-256 the token must carry; undefined if the message stands in the token itself. */
  readonly body: Buffer | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const SKEW = { early: CLOCK_SKEW_SECONDS, late: CLOCK_SKEW_SECONDS } as const;
const MAX_JTI = 200;

/**
 * Verifies a sender's token (RFC 7519, HS256): the preflight of every token, the signature by one of the endpoint's
 * secrets, then the claims `iat`, `exp`, `jti`, `aud` if there is one, and `request_body_sha256`. Rejects with
 * WebhookRefusal naming the check.
 */
export async function verifyWebhookToken(text: string, expected: TokenExpectation): Promise<WebhookToken> {
  if (text === '') throw new WebhookRefusal('token_missing');
  let jti: string | undefined;
  try {
    const token = preflight('webhook', text);
    const keys = expected.secrets.map((secret) => ({ algorithm: 'HS256', key: Buffer.from(secret) }));
    await verifyWithAny(token, keys);
    jti = jtiOf(token.payload);
    const claims = checkClaims('webhook', token.payload, {
      audiences: token.payload.aud === undefined ? undefined : expected.audiences,
      maxLifetimeSeconds: tokenPurposes.webhook.lifetimeSeconds,
    });
    checkTimes(validityOf(claims, SKEW), expected.now);
    if (expected.body !== undefined) checkDigest(claims.request_body_sha256, expected.body, jti);
    return { jti, issuedAt: claims.iat, expiresAt: claims.exp, claims };
  } catch (error) {
    if (error instanceof TokenRefusal) throw new WebhookRefusal(reasonOf(error), jti);
    throw error;
  }
}

/** The form of a token has one name for its sender; everything else is told as it is. */
function reasonOf({ code, reason }: TokenRefusal): RefusalReason {
  if (reason === 'token_too_long' || reason === 'claim_malformed') return reason;
  if (code === 'token_malformed') return 'token_malformed';
  return reasons[reason] ?? 'token_malformed';
}

const reasons: Readonly<Partial<Record<TokenRefusal['reason'], RefusalReason>>> = {
  algorithm_not_allowed: 'algorithm_not_allowed',
  type_not_allowed: 'type_not_allowed',
  header_not_allowed: 'header_not_allowed',
  signature_wrong: 'signature_invalid',
  claim_missing: 'claim_missing',
  audience_wrong: 'audience_wrong',
  expired: 'expired',
  issued_in_future: 'issued_in_future',
  not_yet_valid: 'issued_in_future',
  lifetime_too_long: 'lifetime_too_long',
};

function jtiOf(claims: JsonObject): string {
  const { jti } = claims;
  if (jti === undefined) throw new WebhookRefusal('claim_missing');
  if (typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI || !isValidUnicode(jti)) {
    throw new WebhookRefusal('claim_malformed');
  }
  return jti;
}

/** `request_body_sha256`, hexadecimal or base64(url), against the bytes as they came. */
function checkDigest(claim: unknown, body: Buffer, jti: string): void {
  if (claim === undefined) throw new WebhookRefusal('digest_missing', jti);
  if (typeof claim !== 'string' || claim.length > 100) throw new WebhookRefusal('claim_malformed', jti);
  const said = /^[0-9a-fA-F]{64}$/.test(claim) ? Buffer.from(claim, 'hex') : Buffer.from(claim, 'base64');
  const actual = createHash('sha256').update(body).digest();
  if (said.length !== actual.length || !timingSafeEqual(said, actual)) throw new WebhookRefusal('digest_mismatch', jti);
}

export function parsedObject(bytes: Buffer): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
