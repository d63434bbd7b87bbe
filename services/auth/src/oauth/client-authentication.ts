import { OAuthError } from './oauth-error.ts';

export interface ClientCredentials {
  readonly id: string;
  readonly secret: string;
}

/**
 * The client's credentials: the Basic scheme or the body, never both (RFC 6749 §2.3, §2.3.1).
 * Throws invalid_request, invalid_client.
 */
export function clientCredentialsOf(
  authorization: string | undefined,
  form: ReadonlyMap<string, string>,
): ClientCredentials {
  const id = form.get('client_id');
  const secret = form.get('client_secret');
  if (authorization === undefined) {
    if (id === undefined || secret === undefined)
      throw new OAuthError('invalid_client', 'The client must authenticate.');
    return { id, secret };
  }
  const basic = readBasic(authorization);
  if (secret !== undefined) throw new OAuthError('invalid_request', 'The client authenticates in two ways.');
  if (id !== undefined && id !== basic.id) throw new OAuthError('invalid_request', 'Two clients are named.');
  return basic;
}

/** RFC 7617 §2, with both halves form-encoded as RFC 6749 §2.3.1 asks. */
function readBasic(authorization: string): ClientCredentials {
  const [, encoded] = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization) ?? [];
  const text = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 1) throw new OAuthError('invalid_client', 'The Authorization header cannot be read.');
  return { id: formDecoded(text.slice(0, colon)), secret: formDecoded(text.slice(colon + 1)) };
}

function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', '%20'));
  } catch {
    throw new OAuthError('invalid_client', 'The Authorization header cannot be read.');
  }
}
