import { refuseUnless, TokenRefusal } from '@gaia/jwt/refusal';

/** What a request is asked for: its headers as they came, names and values in turn (node:http `rawHeaders`). */
export interface RequestHeaders {
  readonly rawHeaders: readonly string[];
}

const NAME = 'authorization';
const SCHEME = 'bearer ';

/**
 * The access token of a request (RFC 6750 §2.1), still unread; undefined if the request has no Authorization header.
 * Tokens in the query or in a form (RFC 6750 §2.2, §2.3) are never looked for: they end up in logs.
 * Throws TokenRefusal: authorization_repeated, scheme_not_bearer, bearer_syntax.
 */
export function bearerToken(request: RequestHeaders): string | undefined {
  const header = theOnlyAuthorization(request.rawHeaders);
  return header === undefined ? undefined : tokenOfHeader(header);
}

/** node:http joins or drops repeated headers, and a proxy in front may have looked at the other one. */
function theOnlyAuthorization(rawHeaders: readonly string[]): string | undefined {
  let value: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name === undefined || name.length !== NAME.length || name.toLowerCase() !== NAME) continue;
    refuseUnless(value === undefined, 'authorization_repeated');
    value = rawHeaders[index + 1] ?? '';
  }
  return value;
}

/** The token of one Authorization value; the scheme is case-insensitive (RFC 9110 §11.1). */
export function tokenOfHeader(header: string): string {
  if (header.startsWith('Bearer ') && header[SCHEME.length] !== ' ') return header.slice(SCHEME.length);
  if (header.slice(0, SCHEME.length).toLowerCase() === SCHEME) return header.slice(SCHEME.length).replace(/^ +/, '');
  throw new TokenRefusal(/^(?:bearer(?![\w!#$%&'*+.^`|~-])|$)/i.test(header) ? 'bearer_syntax' : 'scheme_not_bearer');
}
