import { OAuthError } from './oauth-error.ts';

const MAX_PARAMETERS = 32;
const MAX_VALUE_LENGTH = 8_192;

/**
 * The parameters of a form (RFC 6749 §3.2): empty ones count as absent, unknown ones are left to the caller, one that
 * stands twice is refused. Throws invalid_request.
 */
export function readTokenRequest(body: unknown): ReadonlyMap<string, string> {
  if (typeof body !== 'string') {
    throw new OAuthError('invalid_request', 'The body must be application/x-www-form-urlencoded.');
  }
  const form = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(body)) {
    if (form.has(name)) throw new OAuthError('invalid_request', 'A parameter stands twice.');
    form.set(name, value);
    if (form.size > MAX_PARAMETERS || value.length > MAX_VALUE_LENGTH) {
      throw new OAuthError('invalid_request', 'The request is too large.');
    }
  }
  for (const [name, value] of form) if (value === '') form.delete(name);
  return form;
}
