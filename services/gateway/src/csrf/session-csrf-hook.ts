import csrfProtection from '@fastify/csrf-protection';
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import type { ClientInfoOf } from '../client/client-info.ts';
import { problem } from '../errors.ts';
import { isCsrfError } from './csrf-errors.ts';
import { requireSameOrigin } from './request-origin.ts';
import { isSafeMethod } from './safe-methods.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** No token is asked for, only the same origin: the route takes nothing from the session that is there. */
    sameOriginOnly?: true;
    /** The method that counts, where it is that of another request than this one. */
    methodToCheck?: (request: FastifyRequest) => string;
  }
}

export interface CsrfOptions {
  readonly hasSession: (request: FastifyRequest) => Promise<boolean>;
  readonly clientInfoOf: ClientInfoOf;
}

const HEADER = 'x-csrf-token';
const sessionKey = 'csrfSecret';

/**
 * Lets a request of a session that changes something through only with the session's token in `x-csrf-token` and from the
 * same origin: a form or an image of another site can send a cookie, but neither a header of its own nor a text that it
 * cannot read. Refuses: csrf_token_missing, csrf_token_invalid, cross_site_refused.
 */
export async function requireCsrfTokens(scope: FastifyInstance, options: CsrfOptions): Promise<void> {
  await scope.register(csrfProtection, {
    sessionPlugin: '@fastify/session',
    sessionKey,
    getToken: ({ headers }) => headers[HEADER] as string | undefined,
  });
  scope.setErrorHandler((error: FastifyError) => {
    throw isCsrfError(error) ? problem('csrf_token_invalid') : error;
  });

  scope.addHook('preHandler', (request, reply, done) => {
    const { sameOriginOnly, methodToCheck } = request.routeOptions.config;
    if (isSafeMethod(methodToCheck?.(request) ?? request.method)) return done();
    if (sameOriginOnly) return done(refusalOf(request));
    options.hasSession(request).then((hasSession) => {
      if (!hasSession) return done();
      const refusal = refusalOf(request) ?? (request.headers[HEADER] ? undefined : problem('csrf_token_missing'));
      if (refusal === undefined) scope.csrfProtection(request, reply, done);
      else done(refusal);
    }, done);
  });

  function refusalOf(request: FastifyRequest): Error | undefined {
    try {
      requireSameOrigin(request.raw.headers, options.clientInfoOf(request));
    } catch (error) {
      return error as Error;
    }
  }
}
