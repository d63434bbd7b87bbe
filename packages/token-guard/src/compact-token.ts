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

/** The same with its header as it was written; readHeader reads it. */
export type CompactTokenWithoutHeader = Omit<CompactToken, 'header'> & { readonly headerPart: string };

/**
 * Reads a token's form, before any cryptography.
 * Throws TokenRefusal: token_too_long, bearer_syntax, not_three_parts, encoding_not_canonical, and those of JSON.
 */
export function readCompactToken(token: string): CompactToken {
  const { headerPart, ...others } = readAllButHeader(token);
  return { header: readHeader(headerPart), ...others };
}

/** As readCompactToken, for those who have met the header before: it is left unread, and may be anything. */
export function readAllButHeader(token: string): CompactTokenWithoutHeader {
  refuseUnless(token.length <= MAX_TOKEN_BYTES, 'token_too_long');
  const [headerPart, payload, signature, ...rest] = token.split('.');
  if (!headerPart || !payload || !signature || rest.length > 0) throw wrongForm(token, 'not_three_parts');
  const decodedSignature = canonicalBase64Url(signature, token);
  return {
    headerPart,
    payload: readJsonObject(canonicalBase64Url(payload, token)),
    signedText: token.slice(0, token.length - signature.length - 1),
    signature: decodedSignature,
  };
}

/** Throws TokenRefusal: bearer_syntax, encoding_not_canonical, and those of JSON. */
export function readHeader(headerPart: string): JsonObject {
  return readJsonObject(canonicalBase64Url(headerPart, headerPart));
}

/**
 * RFC 4648 §5 without padding (RFC 7515 §2). Other spellings of the same bytes (padding, the other alphabet, set bits
 * after the end) are refused: they would be other tokens to everything that compares tokens as text.
 */
function canonicalBase64Url(part: string, token: string): Buffer {
  const bytes = Buffer.from(part, 'base64url');
  if (bytes.toString('base64url') !== part) throw wrongForm(token, 'encoding_not_canonical');
  return bytes;
}

/**
 * What is no token at all is said to be none: RFC 6750 §2.1 `b64token`. A comma is two headers that something on the way
 * has joined (RFC 9110 §5.3). Asked only here, because three parts in canonical base64url are a b64token anyway.
 */
function wrongForm(token: string, reason: 'not_three_parts' | 'encoding_not_canonical'): TokenRefusal {
  return new TokenRefusal(/^[A-Za-z0-9\-._~+/]+=*$/.test(token) ? reason : 'bearer_syntax');
}
