import { type Fetch, fetchJson } from '@gaia/http-client/bounded-fetch';
export interface TokenRequest {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string;
  readonly fetch: Fetch;
  readonly now: () => number;
  readonly timeoutMs: number;
}

export interface IssuedToken {
  readonly accessToken: string;
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** Why there is no token. Neither the secret nor a response's body is ever part of it. */
export class ServiceCredentialsError extends Error {
  readonly code: 'credentials_unavailable' | 'credentials_refused';
  constructor(code: 'credentials_unavailable' | 'credentials_refused', message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ServiceCredentialsError';
    this.code = code;
  }
  static from(error: unknown): ServiceCredentialsError {
    if (error instanceof ServiceCredentialsError) return error;
    return new ServiceCredentialsError('credentials_unavailable', 'the token endpoint does not answer', error);
  }
}

const MAX_RESPONSE_BYTES = 64 * 1024;
const MAX_EXPIRES_IN = 86_400;

/** One client-credentials request (RFC 6749 §4.4.2). Throws ServiceCredentialsError or FetchError. */
export async function requestToken(request: TokenRequest): Promise<IssuedToken> {
  const issuedAt = request.now();
  const { status, body } = await fetchJson(request.tokenUrl, {
    fetch: request.fetch,
    timeoutMs: request.timeoutMs,
    maxBytes: MAX_RESPONSE_BYTES,
    method: 'POST',
    headers: {
      authorization: `Basic ${basicCredentials(request.clientId, request.clientSecret)}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: request.scope }).toString(),
  });
  if (status >= 400 && status < 500 && status !== 429) {
    throw new ServiceCredentialsError('credentials_refused', `the token endpoint answered ${status}`);
  }
  if (status !== 200) throw invalid(`status ${status}`);
  if (typeof body !== 'object' || body === null) throw invalid('not a JSON object');
  return readTokenResponse(body, issuedAt);
}

function readTokenResponse(body: object, issuedAt: number): IssuedToken {
  const { access_token: accessToken, token_type: tokenType, expires_in: expiresIn } = body as Record<string, unknown>;
  if (typeof accessToken !== 'string' || !/^[\x21-\x7e]{1,8192}$/.test(accessToken)) throw invalid('no access token');
  if (typeof tokenType !== 'string' || tokenType.toLowerCase() !== 'bearer') throw invalid('another token type');
  if (typeof expiresIn !== 'number' || !(expiresIn > 0)) throw invalid('no expires_in');
  return { accessToken, issuedAt, expiresAt: issuedAt + Math.min(expiresIn, MAX_EXPIRES_IN) * 1_000 };
}

/** RFC 6749 §2.3.1: both halves are form-encoded before they are joined. */
function basicCredentials(clientId: string, clientSecret: string): string {
  return Buffer.from(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`).toString('base64');
}

function formEncoded(value: string): string {
  return new URLSearchParams([['', value]]).toString().slice(1);
}

function invalid(what: string): ServiceCredentialsError {
  return new ServiceCredentialsError('credentials_unavailable', `the token endpoint's response is invalid: ${what}`);
}
