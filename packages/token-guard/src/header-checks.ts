import { tokenPurposes } from '@gaia/tokens/purposes';
import { readHeader } from './compact-token.ts';
import { refuseUnless } from './refusal.ts';
import type { JsonObject } from './strict-json.ts';

/** Parameters that bring a key or change the meaning of the token (RFC 8725 §3.10, RFC 7515 §4.1.11, RFC 7797). */
const FORBIDDEN_PARAMETERS = ['crit', 'b64', 'jku', 'jwk', 'x5u', 'x5c'] as const;
const MAX_KID_LENGTH = 256;

/** What is needed of a header without a fault. The key it names is still to be found, and the signature to be verified. */
export interface CheckedHeader {
  readonly algorithm: string;
  readonly kid: string;
}

/** Reads headers. Those of an issuer's tokens are few and come again and again, so what was made of them is remembered. */
export interface HeaderReader {
  /** Throws TokenRefusal: those of readHeader, algorithm_not_allowed, type_not_access, header_not_allowed, kid_unusable. */
  read(headerPart: string): CheckedHeader;
  /** For the header of a token that was accepted, and no other: strangers must not be able to fill the memory. */
  remember(headerPart: string, header: CheckedHeader): void;
}

const MAX_REMEMBERED = 64;

export function createHeaderReader(): HeaderReader {
  const remembered = new Map<string, CheckedHeader>();
  return {
    read: (headerPart) => remembered.get(headerPart) ?? checkHeader(readHeader(headerPart)),
    remember(headerPart, header) {
      if (remembered.has(headerPart)) return;
      if (remembered.size >= MAX_REMEMBERED) remembered.clear();
      remembered.set(headerPart, header);
    },
  };
}

/** Refuses a header (RFC 7515 §4) that no access token can have. */
function checkHeader(header: JsonObject): CheckedHeader {
  const algorithm = checkAlgorithm(header);
  checkType(header);
  checkParameters(header);
  return Object.freeze({ algorithm, kid: checkKid(header) });
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
