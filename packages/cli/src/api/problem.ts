import type { TextResponse } from '@gaia/http-client/bounded-fetch';
import { Failure } from '../failure.ts';
import { isJsonObject, type JsonObject } from './json.ts';

/** What the suite answered instead of what was asked for (RFC 9457). Nothing of the request is kept here. */
export class ApiProblem extends Failure {
  readonly status: number;
  readonly code: string | undefined;
  /** The answer's member `cause`: a stable word that says more than the code. */
  readonly reason: string | undefined;
  constructor(
    problem: { status: number; code?: string | undefined; reason?: string | undefined },
    lines: readonly string[],
  ) {
    super(lines[0] ?? `the server answered ${problem.status}`, lines.slice(1));
    this.name = 'ApiProblem';
    this.status = problem.status;
    this.code = problem.code;
    this.reason = problem.reason;
  }
}

const MAX_PARTS = 20;
const MAX_TEXT = 500;

/** The problem that an answer tells: its title and code, what is wrong in detail, and the id to find it by in the logs. */
export function problemOf({ status, headers }: TextResponse, body: unknown): ApiProblem {
  if (status >= 300 && status < 400) return redirected(status, headers.get('location'));
  const document: JsonObject = isJsonObject(body) ? body : {};
  const code = bounded(document.code);
  const title = bounded(document.title) ?? `the server answered ${status}`;
  const requestId = bounded(document.request_id) ?? bounded(headers.get('x-request-id'));
  const reason = bounded(document.cause);
  const parts = partsOf(document.errors);
  const names = [code, reason].filter((name) => name !== undefined).join(', ');
  return new ApiProblem({ status, code, reason }, [
    names === '' ? title : `${title} (${names})`,
    // Where the parts are named, the detail is the first of them again.
    ...(parts.length > 0 ? parts : lines(bounded(document.detail))),
    ...retryAfter(headers.get('retry-after')),
    ...lines(requestId && `request_id: ${requestId}`),
  ]);
}

/** Credentials are sent to the URL that was given and nowhere else, so a redirection is told, not followed. */
function redirected(status: number, location: string | null): ApiProblem {
  const to = location === null ? 'somewhere else' : location.slice(0, MAX_TEXT);
  return new ApiProblem({ status }, [
    `the server answered ${status} and points to ${to}`,
    'Redirections are not followed; give the right URL with --url.',
  ]);
}

function partsOf(errors: unknown): readonly string[] {
  if (!Array.isArray(errors)) return [];
  return errors.slice(0, MAX_PARTS).flatMap((part: unknown) => {
    if (!isJsonObject(part)) return [];
    const message = bounded(part.message);
    return message === undefined ? [] : [`${bounded(part.path) ?? '/'}: ${message}`];
  });
}

function retryAfter(header: string | null): readonly string[] {
  return header !== null && /^\d{1,6}$/.test(header) ? [`Try again in ${header} s.`] : [];
}

function lines(text: string | undefined): readonly string[] {
  return text ? [text] : [];
}

function bounded(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, MAX_TEXT) : undefined;
}
