import { type TokenPurpose, type TokenPurposeName, tokenPurposes } from '@gaia/tokens/purposes';
import { readCompactToken } from './compact-token.ts';
import { refuseUnless } from './refusal.ts';
import type { JsonObject } from './strict-json.ts';

/** Parameters that bring a key or change the meaning of the token (RFC 8725 §3.10, RFC 7515 §4.1.11, RFC 7797). */
const FORBIDDEN_PARAMETERS = ['crit', 'b64', 'jku', 'jwk', 'x5u', 'x5c'] as const;
const MAX_KID_LENGTH = 256;

/** A token with a valid form and header. Its signature is not verified: it can be from anyone. */
export interface PresentedToken {
  readonly text: string;
  readonly algorithm: string;
  /** Always there where auth signs with one of its published keys. */
  readonly kid: string | undefined;
  /** Unverified. */
  readonly payload: JsonObject;
}

/**
 * Everything that can refuse a token of a purpose before any cryptography: one header, one spelling, strict JSON, and
 * the algorithm and type of the purpose (RFC 8725 §3.1, §3.11).
 * Throws TokenRefusal: those of readCompactToken, algorithm_not_allowed, type_not_allowed, header_not_allowed,
 * kid_unusable.
 */
export function preflight(name: TokenPurposeName, text: string): PresentedToken {
  const purpose: TokenPurpose = tokenPurposes[name];
  const { header, payload } = readCompactToken(text);
  const algorithm = checkAlgorithm(header, purpose);
  checkType(header, purpose);
  checkParameters(header);
  return { text, algorithm, kid: checkKid(header, purpose), payload };
}

/** RFC 8725 §3.1: what the token says of its algorithm is never more than a question. */
function checkAlgorithm({ alg }: JsonObject, { algorithms }: TokenPurpose): string {
  const known = algorithms.find((algorithm) => algorithm === alg);
  refuseUnless(known !== undefined, 'algorithm_not_allowed');
  return known;
}

/** RFC 7515 §4.1.9: a media type, compared without regard to case, `application/` left out or not. */
function checkType({ typ }: JsonObject, { typ: expected, alsoTyp = [] }: TokenPurpose): void {
  refuseUnless(typ === undefined || typeof typ === 'string', 'type_not_allowed');
  const type = typ?.toLowerCase() ?? null;
  const allowed = [expected, `application/${expected}`, ...alsoTyp];
  refuseUnless(allowed.includes(type), 'type_not_allowed');
}

function checkParameters(header: JsonObject): void {
  refuseUnless(!FORBIDDEN_PARAMETERS.some((name) => Object.hasOwn(header, name)), 'header_not_allowed');
}

/** A key's id is only ever compared with those that are known. */
function checkKid({ kid }: JsonObject, { signer, algorithms }: TokenPurpose): string | undefined {
  const isPublished = signer === 'auth' && algorithms.includes('RS256');
  if (kid === undefined && !isPublished) return undefined;
  refuseUnless(typeof kid === 'string' && kid.length > 0 && kid.length <= MAX_KID_LENGTH, 'kid_unusable');
  return kid;
}
