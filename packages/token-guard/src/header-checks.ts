import { tokenPurposes } from '@gaia/tokens/purposes';
import { refuseUnless } from './refusal.ts';
import type { JsonObject } from './strict-json.ts';

/** Parameters that bring a key or change the meaning of the token (RFC 8725 §3.10, RFC 7515 §4.1.11, RFC 7797). */
const FORBIDDEN_PARAMETERS = ['crit', 'b64', 'jku', 'jwk', 'x5u', 'x5c'] as const;
const MAX_KID_LENGTH = 256;

/** Refuses a header (RFC 7515 §4) that no access token can have; gives the key's id. */
export function checkHeader(header: JsonObject): { readonly algorithm: string; readonly kid: string } {
  const algorithm = checkAlgorithm(header);
  checkType(header);
  checkParameters(header);
  return { algorithm, kid: checkKid(header) };
}

/** RFC 8725 §3.1: what the token says of its algorithm is never more than a question. */
function checkAlgorithm({ alg }: JsonObject): string {
  refuseUnless(alg === tokenPurposes.access.algorithm, 'algorithm_not_allowed');
  return alg;
}

/** RFC 9068 §4 and RFC 7515 §4.1.9: a media type, compared without regard to case, `application/` left out or not. */
function checkType({ typ }: JsonObject): void {
  refuseUnless(typeof typ === 'string', 'type_not_access');
  const type = typ.toLowerCase();
  const expected = tokenPurposes.access.typ;
  refuseUnless(type === expected || type === `application/${expected}`, 'type_not_access');
}

function checkParameters(header: JsonObject): void {
  refuseUnless(!FORBIDDEN_PARAMETERS.some((name) => Object.hasOwn(header, name)), 'header_not_allowed');
}

/** A key's id is only ever compared with those that the issuer has published. */
function checkKid({ kid }: JsonObject): string {
  refuseUnless(typeof kid === 'string' && kid.length > 0 && kid.length <= MAX_KID_LENGTH, 'kid_unusable');
  return kid;
}
