import type { IncomingMessage } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { PROBLEM_MEDIA_TYPE, Problem, type ProblemPart, pointerPart, problem, problemDocument } from './problem.ts';
import { sharedProblems } from './problem-codes.ts';

/** Errors of the framework, by its codes, as our problems. */
const frameworkCodes: Readonly<Record<string, (message: string) => Problem>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: () => problem('malformed_json'),
  FST_ERR_CTP_EMPTY_JSON_BODY: () => problem('malformed_json', { detail: 'The body is empty.' }),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => problem('unsupported_media_type'),
  FST_ERR_CTP_BODY_TOO_LARGE: () => problem('payload_too_large'),
  FST_REQ_FILE_TOO_LARGE: () => problem('payload_too_large'),
  FST_ERR_MAX_PARAM_LENGTH: () => problem('uri_too_long'),
  FST_ERR_BAD_URL: () => problem('bad_request', { detail: 'The path is not valid percent-encoding.' }),
};

/** Codes with which backends say that they cannot be reached. */
const unavailableCodes = new Set(['state_unavailable', 'database_unavailable']);

/** Any thrown thing as the problem that the caller may see; what is not known is `internal_error` without detail. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const known = error as Partial<FastifyError>;
  if (known.validation) return problem('validation_failed', validationOptions(known as FastifyError));
  const code = known.code ?? '';
  const make = frameworkCodes[code];
  if (make) return make(known.message ?? '');
  if (unavailableCodes.has(code)) return problem('unavailable', { headers: { 'retry-after': '1' }, cause: error });
  if (error instanceof SyntaxError && known.statusCode === 400) return problem('malformed_json');
  const status = known.statusCode ?? 500;
  if (status >= 400 && status < 500) {
    return new Problem('bad_request', { status, title: sharedProblems.bad_request.title, cause: error });
  }
  return problem('internal_error', { cause: error });
}

/** Fastify's error handler: every error leaves as problem+json, and what is our fault is logged. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const subject = isAborted(request.raw) ? problem('request_aborted', { cause: error }) : toProblem(error);
  if (subject.statusCode >= 500) {
    request.log.error({ err: subject.cause ?? subject, code: subject.code }, 'request failed');
  }
  // A validator that is set already is of what would have been sent instead.
  reply
    .removeHeader('etag')
    .code(subject.statusCode)
    .headers({ 'x-request-id': request.id, 'cache-control': 'no-store', ...subject.headers })
    .type(PROBLEM_MEDIA_TYPE)
    .send(JSON.stringify(problemDocument(subject, request.id)));
}

/** Whether the client has closed the connection within its request: whatever fails then is no fault of ours. */
export function isAborted({ destroyed, complete }: IncomingMessage): boolean {
  return destroyed && !complete;
}

function validationOptions(error: FastifyError): { detail: string; errors: ProblemPart[] } {
  const context = error.validationContext ?? 'body';
  const part = context === 'querystring' ? 'query' : context;
  const errors = (error.validation ?? []).slice(0, 20).map((failure) => {
    const params = failure.params as { missingProperty?: string; additionalProperty?: string };
    const property = params.missingProperty ?? params.additionalProperty;
    const pointer = `/${part}${failure.instancePath}${property === undefined ? '' : `/${pointerPart(property)}`}`;
    return { path: pointer.slice(0, 200), message: messageOf(failure.keyword, failure.message, property) };
  });
  const first = errors[0];
  return { detail: first ? `${first.path} ${first.message}.` : 'The request is not valid.', errors };
}

function messageOf(keyword: string, message: string | undefined, property: string | undefined): string {
  if (keyword === 'required') return 'is missing';
  if (keyword === 'additionalProperties' && property !== undefined) return 'is not known here';
  return message ?? 'is not valid';
}
