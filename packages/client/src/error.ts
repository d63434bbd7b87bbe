/** One part of a request that the API does not take. */
export interface ProblemPart {
  /** JSON pointer that starts with the part's name: `/body/email`, `/query/limit`. */
  readonly path: string;
  readonly message: string;
}

/**
 * What goes wrong on this side of the network: no response (`network_error`), none in time (`timeout`), one that is not
 * Gaia's (`unexpected_response`), storage that tabs share where the server forbids it (`shared_storage_refused`), and calls
 * that need a session where there is none (`signed_out`).
 */
export type ClientErrorCode =
  | 'network_error'
  | 'timeout'
  | 'unexpected_response'
  | 'shared_storage_refused'
  | 'signed_out';

/** What is commonly told apart; every other `code` of the API's problem documents is a text too. */
export type ErrorCode =
  | ClientErrorCode
  | 'validation_failed'
  | 'invalid_credentials'
  | 'token_missing'
  | 'token_malformed'
  | 'token_expired'
  | 'token_invalid'
  | 'token_revoked'
  | 'insufficient_scope'
  | 'forbidden'
  | 'not_a_member'
  | 'entry_not_found'
  | 'version_conflict'
  | 'value_not_unique'
  | 'rate_limited'
  | 'unavailable'
  | (string & {});

export interface GaiaErrorOptions {
  readonly status?: number | undefined;
  readonly errors?: readonly ProblemPart[] | undefined;
  readonly requestId?: string | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** Seconds. */
  readonly retryAfter?: number | undefined;
  readonly cause?: unknown;
}

/** A refusal of the API (RFC 9457), or a failure to reach it. Its text holds no token, password or query. */
export class GaiaError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'GaiaError';
  /** Stable; what a program decides by. */
  readonly code: Code;
  /** Status of the response; 0 where there was none. */
  readonly status: number;
  /** What is wrong with which part of the request. */
  readonly errors: readonly ProblemPart[];
  /** Names the request in the logs of the server. */
  readonly requestId: string | undefined;
  /** Further members of the problem document, such as `cause` and `current_version`. */
  readonly details: Readonly<Record<string, unknown>>;
  /** Seconds after which the server wants to be asked again. */
  readonly retryAfter: number | undefined;

  constructor(code: Code, message: string, options: GaiaErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.status = options.status ?? 0;
    this.errors = options.errors ?? [];
    this.requestId = options.requestId;
    this.details = options.details ?? {};
    this.retryAfter = options.retryAfter;
  }
}

/** Whether something is a GaiaError, of this code if one is given. */
export function isGaiaError<Code extends ErrorCode>(error: unknown, code?: Code): error is GaiaError<Code> {
  return error instanceof GaiaError && (code === undefined || error.code === code);
}

/** The problem document of a response as an error. */
export function problemOf(response: Response, body: unknown): GaiaError {
  const document = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const { type: _type, title, status: _status, code, detail, errors, request_id: requestId, ...details } = document;
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const isProblem = typeof code === 'string';
  return new GaiaError(
    isProblem ? code : 'unexpected_response',
    String(detail ?? title ?? `The server answered ${response.status}`),
    {
      status: response.status,
      errors: Array.isArray(errors) ? errors : [],
      requestId: typeof requestId === 'string' ? requestId : (response.headers.get('x-request-id') ?? undefined),
      details: isProblem ? details : {},
      ...(Number.isFinite(seconds) && { retryAfter: seconds }),
    },
  );
}
