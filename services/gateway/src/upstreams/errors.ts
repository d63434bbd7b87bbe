import { Problem } from '@gaia/http-service/problem';
import { problem } from '../errors.ts';
import { NOT_SENT } from '../wire/wire-connection.ts';

const timeoutCodes = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

/** Codes of a connection that never came to be: the request was not sent. */
const connectCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Codes of a connection that broke off; on a kept-alive one often only because the service closed it meanwhile. */
const brokenCodes = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'GAIA_SERVICE_SILENT']);

/** A failure to get an answer from a service as the problem that the caller is told. */
export function upstreamProblem(error: unknown, upstream: string): Problem {
  if (error instanceof Problem) return error;
  const code = codeOf(error);
  const extensions = { service: upstream };
  if (timeoutCodes.has(code)) return problem('upstream_timeout', { extensions, cause: error });
  if (connectCodes.has(code) || brokenCodes.has(code) || code === NOT_SENT) {
    return problem('upstream_unavailable', { extensions, headers: { 'retry-after': '1' }, cause: error });
  }
  return problem('upstream_failed', { extensions, cause: error });
}

/** Whether nothing of the request has been sent, so that any may be tried at another replica. */
export function isUnreached(error: unknown): boolean {
  const { code, syscall } = rootOf(error);
  if (code === NOT_SENT) return true;
  // A connection that was there can end with the same codes, and then something may have been sent.
  return connectCodes.has(code) && syscall !== 'read' && syscall !== 'write';
}

/** Whether it was the service that failed, and not its client or what was asked of it. */
export function isServiceFailure(error: unknown): boolean {
  const code = codeOf(error);
  return timeoutCodes.has(code) || connectCodes.has(code) || brokenCodes.has(code);
}

/** Whether a request without a body and of a safe method may be sent once more after this. */
export function isBrokenConnection(error: unknown): boolean {
  return brokenCodes.has(codeOf(error));
}

function codeOf(error: unknown): string {
  return rootOf(error).code;
}

function rootOf(error: unknown): { readonly code: string; readonly syscall: unknown } {
  const subject = error as { code?: unknown; syscall?: unknown; errors?: readonly unknown[] };
  if (typeof subject?.code === 'string' && subject.code !== '') return { code: subject.code, syscall: subject.syscall };
  // A host name with several addresses fails as an AggregateError.
  const first = subject?.errors?.[0];
  return first === undefined ? { code: '', syscall: undefined } : rootOf(first);
}
