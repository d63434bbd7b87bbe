export interface TokenRequest {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string;
  readonly fetch: typeof globalThis.fetch;
  readonly now: () => number;
  readonly timeoutMs: number;
}

export interface IssuedToken {
  readonly accessToken: string;
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** Why there is no token. Neither the secret nor an answer's body is ever part of it. */
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

const MAX_ANSWER_BYTES = 64 * 1024;
const MAX_EXPIRES_IN = 86_400;

/** One client-credentials request (RFC 6749 §4.4.2). Throws ServiceCredentialsError, or what fetch throws. */
export async function requestToken(request: TokenRequest): Promise<IssuedToken> {
  const issuedAt = request.now();
  const response = await request.fetch(request.tokenUrl, {
    method: 'POST',
    headers: {
      authorization: `Basic ${basicCredentials(request.clientId, request.clientSecret)}`,
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
    },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: request.scope }).toString(),
    redirect: 'error',
    signal: AbortSignal.timeout(request.timeoutMs),
  });
  const text = await boundedText(response);
  if (response.status >= 400 && response.status < 500 && response.status !== 429) {
    throw new ServiceCredentialsError('credentials_refused', `the token endpoint answered ${response.status}`);
  }
  if (response.status !== 200) throw unusable(`the token endpoint answered ${response.status}`);
  return readAnswer(text, issuedAt);
}

function readAnswer(text: string, issuedAt: number): IssuedToken {
  const answer = parse(text);
  const { access_token: accessToken, token_type: tokenType, expires_in: expiresIn } = answer;
  if (typeof accessToken !== 'string' || !/^[\x21-\x7e]{1,8192}$/.test(accessToken)) throw unusable('no access token');
  if (typeof tokenType !== 'string' || tokenType.toLowerCase() !== 'bearer') throw unusable('another token type');
  if (typeof expiresIn !== 'number' || !(expiresIn > 0)) throw unusable('no expires_in');
  return { accessToken, issuedAt, expiresAt: issuedAt + Math.min(expiresIn, MAX_EXPIRES_IN) * 1_000 };
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Said below, without the text: it could hold a token.
  }
  throw unusable('not a JSON object');
}

/** RFC 6749 §2.3.1: both halves are form-encoded before they are joined. */
function basicCredentials(clientId: string, clientSecret: string): string {
  return Buffer.from(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`).toString('base64');
}

function formEncoded(value: string): string {
  return new URLSearchParams([['', value]]).toString().slice(1);
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_ANSWER_BYTES) throw unusable('a longer answer than a token endpoint gives');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function unusable(what: string): ServiceCredentialsError {
  return new ServiceCredentialsError('credentials_unavailable', `the token endpoint's answer is not usable: ${what}`);
}
