import type { FastifyError } from 'fastify';

/** Whether @fastify/csrf-protection has refused a request. */
export function isCsrfError({ code }: Pick<FastifyError, 'code'>): boolean {
  return code === 'FST_CSRF_MISSING_SECRET' || code === 'FST_CSRF_INVALID_TOKEN';
}
