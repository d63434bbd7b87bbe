import csrfProtection from '@fastify/csrf-protection';
import type { FastifyInstance } from 'fastify';
import type { ClientInfoOf } from '../client/client-info.ts';
import type { CookieSettings } from '../cookies/cookie-settings.ts';
import { requireSameOrigin } from './request-origin.ts';
import { isSafeMethod } from './safe-methods.ts';

/**
 * Takes forms only from a page of ours in the same browser, with or without a session: another site could otherwise sign
 * a visitor in under an account of its own and read what is then typed (login CSRF). The secret is in a signed cookie of
 * this host, so that a signed-out visitor needs no session. Refuses: cross_site_refused, and what isCsrfError tells.
 */
export async function requireFormTokens(
  scope: FastifyInstance,
  { cookies, clientInfoOf }: { readonly cookies: CookieSettings; readonly clientInfoOf: ClientInfoOf },
): Promise<void> {
  await scope.register(csrfProtection, {
    sessionPlugin: '@fastify/cookie',
    cookieKey: cookies.nameOf('gaia-form'),
    cookieOpts: { ...cookies.attributes, signed: true },
    getToken: ({ body }) => (body as { csrf?: string } | undefined)?.csrf,
  });
  scope.addHook('preHandler', (request, reply, done) => {
    if (isSafeMethod(request.method)) return done();
    try {
      requireSameOrigin(request.raw.headers, clientInfoOf(request));
    } catch (error) {
      return done(error as Error);
    }
    scope.csrfProtection(request, reply, done);
  });
}
