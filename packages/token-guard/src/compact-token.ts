import { MAX_TOKEN_BYTES } from '@gaia/tokens/purposes';
import { refuseUnless, TokenRefusal } from './refusal.ts';
import { type JsonObject, readJsonObject } from './strict-json.ts';

/** A token taken apart (RFC 7515 §7.1). Nothing of it is to be believed before its signature has been verified. */
export interface CompactToken {
  readonly header: JsonObject;
  readonly payload: JsonObject;
  /** What the signature is over, ASCII. */
  readonly signedText: string;
  readonly signature: Buffer;
}

/**
 * Reads a token's form, before any cryptography.
 * Throws TokenRefusal: token_too_long, bearer_syntax, not_three_parts, encoding_not_canonical, and those of JSON.
 */
export function readCompactToken(token: string): CompactToken {
  refuseUnless(token.length <= MAX_TOKEN_BYTES, 'token_too_long');
  refuseUnless(isB64Token(token), 'bearer_syntax');
  const [header, payload, signature, ...rest] = token.split('.');
  refuseUnless(!!header && !!payload && !!signature && rest.length === 0, 'not_three_parts');
  const decodedSignature = canonicalBase64Url(signature);
  return {
    header: readJsonObject(canonicalBase64Url(header)),
    payload: readJsonObject(canonicalBase64Url(payload)),
    signedText: token.slice(0, token.length - signature.length - 1),
    signature: decodedSignature,
  };
}

/** RFC 6750 §2.1 `b64token`; a comma here is two headers that something on the way has joined (RFC 9110 §5.3). */
function isB64Token(token: string): boolean {
  return /^[A-Za-z0-9\-._~+/]+=*$/.test(token);
}

/**
 * RFC 4648 §5 without padding (RFC 7515 §2). Other spellings of the same bytes (padding, the other alphabet, set bits
 * after the end) are refused: they would be other tokens to everything that compares tokens as text.
 */
function canonicalBase64Url(part: string): Buffer {
  const bytes = Buffer.from(part, 'base64url');
  if (bytes.toString('base64url') !== part) throw new TokenRefusal('encoding_not_canonical');
  return bytes;
}
