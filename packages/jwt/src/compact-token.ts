import { MAX_TOKEN_BYTES } from '@gaia/tokens/purposes';
import { refuseUnless, TokenRefusal } from './refusal.ts';
import { type JsonObject, readJsonObject } from './strict-json.ts';

/** A token taken apart (RFC 7515 §7.1). Nothing of it is to be believed before its signature has been verified. */
export interface CompactToken {
  readonly header: JsonObject;
  readonly payload: JsonObject;
}

/**
 * Reads a token's form, before any cryptography.
 * Throws TokenRefusal: token_too_long, bearer_syntax, not_three_parts, encoding_not_canonical, and those of JSON.
 */
export function readCompactToken(text: string): CompactToken {
  refuseUnless(text.length <= MAX_TOKEN_BYTES, 'token_too_long');
  const [header, payload, signature, ...rest] = text.split('.');
  if (!header || !payload || !signature || rest.length > 0) throw wrongForm(text, 'not_three_parts');
  canonicalBase64Url(signature, text);
  return {
    header: readJsonObject(canonicalBase64Url(header, text)),
    payload: readJsonObject(canonicalBase64Url(payload, text)),
  };
}

/**
 * RFC 4648 §5 without padding (RFC 7515 §2). Other spellings of the same bytes (padding, the other alphabet, set bits
 * after the end) are refused: they would be other tokens to everything that compares tokens as text.
 */
function canonicalBase64Url(part: string, text: string): Buffer {
  const bytes = Buffer.from(part, 'base64url');
  if (bytes.toString('base64url') !== part) throw wrongForm(text, 'encoding_not_canonical');
  return bytes;
}

/**
 * What is no token at all is said to be none: RFC 6750 §2.1 `b64token`. A comma is two headers that something on the way
 * has joined (RFC 9110 §5.3). Asked only here, because three parts in canonical base64url are a b64token anyway.
 */
function wrongForm(text: string, reason: 'not_three_parts' | 'encoding_not_canonical'): TokenRefusal {
  return new TokenRefusal(/^[A-Za-z0-9\-._~+/]+=*$/.test(text) ? reason : 'bearer_syntax');
}
