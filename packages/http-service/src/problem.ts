/** One member of `errors` in a problem document: what is wrong with which part of the request. */
export interface ProblemPart {
  /** JSON pointer that starts with the part's name: `/body/email`, `/query/limit`. */
  readonly path: string;
  readonly message: string;
}

export interface ProblemOptions {
  readonly detail?: string;
  readonly errors?: readonly ProblemPart[];
  /** Headers of the answer, such as `www-authenticate` or `retry-after`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the document (RFC 9457 §3.2). Never a secret. */
  readonly extensions?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** A refusal or failure that a caller is told about: RFC 9457 problem details with a stable `code`. */
export class Problem extends Error {
  readonly code: string;
  readonly statusCode: number;
  readonly title: string;
  readonly detail: string | undefined;
  readonly errors: readonly ProblemPart[] | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(code: string, options: ProblemOptions & { readonly status: number; readonly title: string }) {
    super(options.detail ?? options.title, { cause: options.cause });
    this.name = 'Problem';
    this.code = code;
    this.statusCode = options.status;
    this.title = options.title;
    this.detail = options.detail;
    this.errors = options.errors;
    this.headers = options.headers ?? {};
    this.extensions = options.extensions ?? {};
  }
}

export interface ProblemKind {
  readonly status: number;
  readonly title: string;
}

/**
 * Turns a service's table of codes into the function that makes its problems.
 * Use: `export const problem = defineProblems({ entry_not_found: { status: 404, title: 'There is no such entry' } })`,
 * then `throw problem('entry_not_found')`.
 */
export function defineProblems<const Table extends Readonly<Record<string, ProblemKind>>>(
  table: Table,
): (code: keyof Table & string, options?: ProblemOptions) => Problem {
  return (code, options = {}) => {
    const kind = table[code] as ProblemKind;
    return new Problem(code, { ...options, status: kind.status, title: kind.title });
  };
}

/** The problems that every service can answer. */
export const problem = defineProblems({
  bad_request: { status: 400, title: 'The request cannot be understood' },
  malformed_json: { status: 400, title: 'The body is not JSON' },
  json_too_deep: { status: 400, title: 'The body is nested too deeply' },
  validation_failed: { status: 400, title: 'The request has a wrong or missing part' },
  request_aborted: { status: 400, title: 'The client has closed the connection within the request' },
  host_missing: { status: 400, title: 'The Host header is missing' },
  route_not_found: { status: 404, title: 'There is nothing at this path' },
  request_timeout: { status: 408, title: 'The request has not arrived in time' },
  precondition_failed: { status: 412, title: 'Precondition failed' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  uri_too_long: { status: 414, title: 'The path is too long' },
  unsupported_media_type: { status: 415, title: 'The body is of a type that is not taken here' },
  expectation_failed: { status: 417, title: 'The Expect header asks for what is not known here' },
  headers_too_large: { status: 431, title: 'The request line and headers are too large' },
  internal_error: { status: 500, title: 'Something went wrong on our side' },
  unavailable: { status: 503, title: 'A part that this needs does not answer; try again' },
});

export const PROBLEM_MEDIA_TYPE = 'application/problem+json; charset=utf-8';

/** The document that goes over the wire. */
export function problemDocument(subject: Problem, requestId: string): Record<string, unknown> {
  return {
    ...subject.extensions,
    type: `urn:gaia:problem:${subject.code}`,
    title: subject.title,
    status: subject.statusCode,
    code: subject.code,
    ...(subject.detail !== undefined && { detail: subject.detail }),
    ...(subject.errors !== undefined && { errors: subject.errors }),
    request_id: requestId,
  };
}
