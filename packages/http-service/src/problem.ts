import { type ProblemKind, type ProblemTable, type SharedCode, sharedProblems } from './problem-codes.ts';

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

  constructor(code: string, options: ProblemOptions & ProblemKind) {
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

/** Turns a service's own codes into the function that makes its problems, and those that it shares with others. */
export function defineProblems<const Own extends ProblemTable>(
  own: Own & { readonly [Code in SharedCode]?: never },
): (code: (keyof Own & string) | SharedCode, options?: ProblemOptions) => Problem {
  const table: ProblemTable = { ...sharedProblems, ...own };
  return (code, options = {}) => new Problem(code, { ...options, ...(table[code] as ProblemKind) });
}

/** The problems that no service has for itself. */
export const problem = defineProblems({});

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

/** RFC 6901 §3. */
export function pointerPart(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
