/** Error codes of a token endpoint (RFC 6749 §5.2). */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  /** RFC 8693 §2.2.2. */
  | 'invalid_target'
  | 'temporarily_unavailable'
  | 'server_error';

/** A refusal in the words of RFC 6749 §5.2; the description holds nothing of what was sent. */
export class OAuthError extends Error {
  readonly code: OAuthErrorCode;
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  constructor(code: OAuthErrorCode, description: string, options: { status?: number; cause?: unknown } = {}) {
    super(description, { cause: options.cause });
    this.name = 'OAuthError';
    this.code = code;
    this.statusCode = options.status ?? (code === 'invalid_client' ? 401 : 400);
    this.headers = code === 'invalid_client' ? { 'www-authenticate': 'Basic realm="gaia", charset="UTF-8"' } : {};
  }
}
