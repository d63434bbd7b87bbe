import { createHash, timingSafeEqual } from 'node:crypto';
import { isStorable } from '@gaia/http-service/storable-text';
import { CLOCK_SKEW_SECONDS, MAX_TOKEN_BYTES, tokenPurposes } from '@gaia/tokens/purposes';
import { compactVerify, errors } from 'jose';
import { isJsonObject, type JsonObject } from '../values/json-values.ts';

/** Why a message is not taken, by the check that it failed. */
export type RefusalReason =
  | 'token_missing'
  | 'token_repeated'
  | 'token_too_long'
  | 'token_malformed'
  | 'algorithm_not_allowed'
  | 'type_not_allowed'
  | 'critical_header'
  | 'signature_invalid'
  | 'claim_missing'
  | 'claim_malformed'
  | 'expired'
  | 'too_old'
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

const types = [tokenPurposes.webhook.typ, 'JWT'].map((typ) => typ.toLowerCase());
const MAX_JTI = 200;

/**
 * Verifies a sender's token (RFC 7519, HS256): RFC 8725 §3.1 algorithm, §3.11 type, then the signature, then the
 * claims `iat`, `exp`, `jti`, `aud` if there is one, and `request_body_sha256`. Throws WebhookRefusal naming the check.
 */
export async function verifyWebhookToken(token: string, expected: TokenExpectation): Promise<WebhookToken> {
  if (token === '') throw new WebhookRefusal('token_missing');
  if (Buffer.byteLength(token) > MAX_TOKEN_BYTES) throw new WebhookRefusal('token_too_long');
  checkHeader(token);
  const claims = await verifiedClaims(token, expected.secrets);
  const jti = jtiOf(claims);
  const refuseUnless = (holds: boolean, reason: RefusalReason) => {
    if (!holds) throw new WebhookRefusal(reason, jti);
  };
  const now = expected.now / 1_000;
  const issuedAt = numericDate(claims.iat, jti);
  const expiresAt = numericDate(claims.exp, jti);
  const longest = tokenPurposes.webhook.lifetimeSeconds;
  refuseUnless(issuedAt <= now + CLOCK_SKEW_SECONDS, 'issued_in_future');
  refuseUnless(expiresAt > now - CLOCK_SKEW_SECONDS, 'expired');
  refuseUnless(expiresAt - issuedAt <= longest, 'lifetime_too_long');
  refuseUnless(issuedAt >= now - longest - CLOCK_SKEW_SECONDS, 'too_old');
  if (claims.nbf !== undefined)
    refuseUnless(numericDate(claims.nbf, jti) <= now + CLOCK_SKEW_SECONDS, 'issued_in_future');
  if (claims.aud !== undefined) {
    const audiences: unknown[] = Array.isArray(claims.aud) ? claims.aud : [claims.aud];
    refuseUnless(
      audiences.some((audience) => expected.audiences.includes(audience as string)),
      'audience_wrong',
    );
  }
  if (expected.body !== undefined) checkDigest(claims.request_body_sha256, expected.body, jti);
  return { jti, issuedAt, expiresAt, claims };
}

/** Everything that a header can get wrong, before any cryptography. */
function checkHeader(token: string): void {
  const parts = token.split('.');
  // Only one spelling of the same bytes is taken: a token with another last character is another token.
  const canonical = parts.every((part) => part !== '' && Buffer.from(part, 'base64url').toString('base64url') === part);
  const unsecured = parts.length === 3 && parts[2] === '' && parts[0] !== undefined;
  if (parts.length !== 3 || (!canonical && !unsecured)) throw new WebhookRefusal('token_malformed');
  const header = parsedObject(Buffer.from(parts[0] ?? '', 'base64url'));
  if (header === undefined) throw new WebhookRefusal('token_malformed');
  if (header.alg !== tokenPurposes.webhook.algorithm) throw new WebhookRefusal('algorithm_not_allowed');
  if (!canonical) throw new WebhookRefusal('token_malformed');
  if (typeof header.typ !== 'string' || !types.includes(header.typ.toLowerCase())) {
    throw new WebhookRefusal('type_not_allowed');
  }
  if (header.crit !== undefined || header.b64 !== undefined) throw new WebhookRefusal('critical_header');
}

async function verifiedClaims(token: string, secrets: readonly string[]): Promise<JsonObject> {
  for (const secret of secrets) {
    try {
      const { payload } = await compactVerify(token, Buffer.from(secret), {
        algorithms: [tokenPurposes.webhook.algorithm],
      });
      const claims = parsedObject(Buffer.from(payload));
      if (claims === undefined) throw new WebhookRefusal('token_malformed');
      return claims;
    } catch (error) {
      if (error instanceof WebhookRefusal) throw error;
      if (error instanceof errors.JWSSignatureVerificationFailed) continue;
      throw new WebhookRefusal('token_malformed');
    }
  }
  throw new WebhookRefusal('signature_invalid');
}

function jtiOf(claims: JsonObject): string {
  const { jti } = claims;
  if (jti === undefined) throw new WebhookRefusal('claim_missing');
  if (typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI || !isStorable(jti)) {
    throw new WebhookRefusal('claim_malformed');
  }
  return jti;
}

function numericDate(value: unknown, jti: string): number {
  if (value === undefined) throw new WebhookRefusal('claim_missing', jti);
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0 || value > 1e11) {
    throw new WebhookRefusal('claim_malformed', jti);
  }
  return value;
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
