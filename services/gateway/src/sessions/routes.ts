import type { Service } from '@gaia/http-service/service';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Caller } from '../caller/caller.ts';
import { requireCsrfToken } from '../csrf/csrf-token.ts';
import { requireSameOrigin } from '../csrf/request-origin.ts';
import { problem } from '../errors.ts';
import type { SiteDirectory } from '../sites/site-directory.ts';
import type { AuthClient } from './auth-client.ts';
import { takeLoginForms } from './login-form.ts';
import { loginBody, problemAnswer, reauthenticationBody, sessionAnswer, siteBody } from './schemas.ts';
import { identityOf, type Session, type SessionUser } from './session.ts';
import type { SessionCookie } from './session-cookie.ts';
import type { SessionStore } from './session-store.ts';
import type { SignIns } from './sign-ins.ts';

export interface SessionRoutesOptions {
  readonly auth: AuthClient;
  readonly sessions: SessionStore;
  readonly cookie: SessionCookie;
  readonly signIns: SignIns;
  readonly sites: SiteDirectory;
  readonly callerOf: (request: FastifyRequest) => Caller;
}

const tags = ['session'];
const CHALLENGE = 'Bearer realm="gaia"';

/** `POST /session` signs a browser in, `GET /session` tells who is, `DELETE /session` signs out. */
export async function registerSessionRoutes(app: Service, options: SessionRoutesOptions): Promise<void> {
  const { auth, sessions, cookie, signIns, callerOf } = options;

  await app.register(async (plain) => {
    const scope = plain as unknown as Service;
    takeLoginForms(scope);

    scope.post(
      '/session',
      {
        config: { rateClass: 'login' },
        schema: {
          summary: 'Sign a browser in',
          description: 'Sets an HttpOnly cookie. Takes JSON, or a form, which is then led on to `/`.',
          tags,
          consumes: ['application/json', 'application/x-www-form-urlencoded'],
          body: loginBody,
          response: {
            200: sessionAnswer,
            303: Type.Null(),
            400: problemAnswer,
            401: problemAnswer,
            403: problemAnswer,
          },
        },
      },
      async (request, reply) => {
        const caller = callerOf(request);
        requireSameOrigin(request.raw.headers, caller);
        if (!cookie.canBeKept(caller)) throw problem('https_required');
        const { remember = false, ...given } = request.body;
        const site = await options.sites.find(caller.host.name);
        const tokens = await auth.logIn(given, site?.site, signIns.askedFor(request, caller));
        const opened = await signIns.open(request, caller, tokens, remember);
        reply.header('set-cookie', opened.setCookie).header('cache-control', 'no-store');
        if (isForm(request)) return reply.redirect('/', 303);
        return describe(opened.session);
      },
    );
  });

  app.get(
    '/session',
    { schema: { summary: 'Who is signed in', tags, response: { 200: sessionAnswer } } },
    async (request, reply) => {
      reply.header('cache-control', 'no-store').header('vary', 'cookie');
      const caller = callerOf(request);
      if (cookie.read(request.headers.cookie, caller) === undefined) return { authenticated: false };
      const session = await signIns.find(request, caller);
      if (session !== undefined) return describe(session, await signIns.userOf(request, caller, session));
      reply.header('set-cookie', cookie.clear(caller));
      return { authenticated: false };
    },
  );

  app.post(
    '/session/reauthenticate',
    {
      config: { rateClass: 'login' },
      schema: {
        summary: 'Authenticate again in the session, with the current password',
        description:
          'What hands out secrets answers 401 `insufficient_user_authentication` where the user has not authenticated ' +
          'within the last five minutes (RFC 9470). Needs `x-csrf-token`. The session gets another cookie and another ' +
          '`csrf_token`.',
        tags,
        body: reauthenticationBody,
        response: {
          200: sessionAnswer,
          400: problemAnswer,
          401: problemAnswer,
          403: problemAnswer,
          429: problemAnswer,
        },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      const caller = callerOf(request);
      const session = await signIns.find(request, caller);
      if (session === undefined) throw problem('token_missing', { headers: { 'www-authenticate': CHALLENGE } });
      requireSameOrigin(request.raw.headers, caller);
      requireCsrfToken(request.headers['x-csrf-token'], sessions.csrfTokenOf(session));
      const changed = await signIns.reauthenticate(request, caller, session, request.body.current_password);
      if (changed === undefined) throw problem('token_missing', { headers: { 'www-authenticate': CHALLENGE } });
      reply.header('set-cookie', changed.setCookie);
      return describe(changed.session);
    },
  );

  app.post(
    '/session/site',
    {
      schema: {
        summary: 'Go on at another site of the user’s with the same sign-in',
        description:
          'At the installation’s own address, whose sessions belong to no site; between the addresses of sites `/sso` ' +
          'leads. Needs `x-csrf-token`. The session gets another cookie and another `csrf_token`.',
        tags,
        body: siteBody,
        response: { 200: sessionAnswer, 400: problemAnswer, 401: problemAnswer, 403: problemAnswer },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      const caller = callerOf(request);
      const { site } = request.body;
      const session = await signIns.find(request, caller);
      if (session === undefined) throw problem('token_missing', { headers: { 'www-authenticate': CHALLENGE } });
      requireSameOrigin(request.raw.headers, caller);
      requireCsrfToken(request.headers['x-csrf-token'], sessions.csrfTokenOf(session));
      const here = await options.sites.find(caller.host.name);
      if (here !== undefined && here.site !== site) throw problem('site_of_host');
      const changed = await signIns.changeId(request, caller, session, (tokens) =>
        auth.switchSite(tokens, site, signIns.askedFor(request, caller)),
      );
      if (changed === undefined) throw problem('token_missing', { headers: { 'www-authenticate': CHALLENGE } });
      reply.header('set-cookie', changed.setCookie);
      return describe(changed.session);
    },
  );

  app.delete(
    '/session',
    {
      schema: {
        summary: 'Sign out',
        description: 'Ends the sessions of all sites that this sign-on was handed over to.',
        tags,
        response: { 204: Type.Null(), 403: problemAnswer },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      requireSameOrigin(request.raw.headers, caller);
      const value = cookie.read(request.headers.cookie, caller);
      const session = value === undefined ? undefined : await sessions.find(value, caller.host.name);
      if (session !== undefined) await signIns.end(request, caller, session);
      if (value !== undefined) reply.header('set-cookie', cookie.clear(caller));
      return reply.code(204).header('cache-control', 'no-store').send(null);
    },
  );

  function describe(session: Session, user: SessionUser = session.user) {
    const identity = identityOf(session.tokens.accessToken);
    return {
      authenticated: true,
      user,
      ...(identity?.site !== undefined && { site: identity.site }),
      roles: [...(identity?.roles ?? [])],
      ...(identity?.authTime !== undefined && { authenticated_at: new Date(identity.authTime * 1_000).toISOString() }),
      scope: session.tokens.scope,
      expires_at: new Date(session.endsAt).toISOString(),
      csrf_token: sessions.csrfTokenOf(session),
    };
  }
}

function isForm(request: FastifyRequest): boolean {
  return request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false;
}
