import { noBody, problems } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AuthClient } from '../auth-client/auth-client.ts';
import type { ClientInfoOf } from '../client/client-info.ts';
import type { CookieSettings } from '../cookies/cookie-settings.ts';
import { problem } from '../errors.ts';
import type { Sites } from '../sites/sites.ts';
import type { BrowserSession, BrowserSessions } from './browser-sessions.ts';
import { clearCache } from './clear-cache.ts';
import { takeLoginForms } from './login-form.ts';
import { loginBody, reauthenticationBody, sessionAnswer, siteBody } from './schemas.ts';
import { sessionSecurity } from './session-security.ts';

export interface SessionRoutesOptions {
  readonly auth: AuthClient;
  readonly sessions: BrowserSessions;
  readonly cookies: CookieSettings;
  readonly sites: Sites;
  readonly clientInfoOf: ClientInfoOf;
}

const tags = ['session'];
const csrfRefusals = ['csrf_token_missing', 'csrf_token_invalid', 'cross_site_refused'] as const;
const CHALLENGE = 'Bearer realm="gaia"';

/** `POST /session` signs a browser in, `GET /session` tells who is, `DELETE /session` signs out. */
export async function registerSessionRoutes(app: Service, options: SessionRoutesOptions): Promise<void> {
  const { auth, sessions, cookies, sites, clientInfoOf } = options;

  await app.register(async (plain) => {
    const scope = plain as unknown as Service;
    takeLoginForms(scope);

    scope.post(
      '/session',
      {
        config: { rateClass: 'login', sameOriginOnly: true },
        schema: {
          operationId: 'createBrowserSession',
          summary: 'Sign a browser in',
          description: 'Sets an HttpOnly cookie. Takes JSON, or a form, which is then redirected to `/`.',
          tags,
          consumes: ['application/json', 'application/x-www-form-urlencoded'],
          body: loginBody,
          response: {
            200: sessionAnswer,
            303: noBody('Signed in by a form: to `/`'),
            ...problems({
              401: ['invalid_credentials'],
              403: ['not_a_member', 'cross_site_refused', 'https_required'],
            }),
          },
        },
      },
      async (request, reply) => {
        const client = clientInfoOf(request);
        cookies.requireSecureContext(client);
        const { remember = false, ...credentials } = request.body;
        const site = await sites.find(client.host.name);
        const response = await auth.logIn(credentials, site?.site, sessions.requesterOf(request));
        const session = await sessions.open(request, response, remember);
        reply.header('cache-control', 'no-store');
        if (isForm(request)) return reply.redirect('/', 303);
        return describe(reply, session);
      },
    );
  });

  app.get(
    '/session',
    {
      schema: {
        operationId: 'getBrowserSession',
        summary: 'Get the browser session',
        description: 'Who is signed in, and the `csrf_token` that goes into `x-csrf-token` of unsafe requests.',
        tags,
        security: [sessionSecurity('get'), {}],
        response: { 200: sessionAnswer },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store').header('vary', 'cookie');
      const session = await sessions.find(request);
      if (session === undefined) return { authenticated: false };
      return describe(reply, session, await sessions.userOf(request, session));
    },
  );

  app.post(
    '/session/reauthenticate',
    {
      config: { rateClass: 'login' },
      schema: {
        operationId: 'reauthenticateBrowserSession',
        summary: 'Authenticate again in the browser session',
        description:
          'What hands out secrets answers 401 `insufficient_user_authentication` where the user has not authenticated ' +
          'within the last five minutes (RFC 9470). Needs `x-csrf-token`. The session gets another cookie and another ' +
          '`csrf_token`.',
        tags,
        security: [sessionSecurity('post')],
        body: reauthenticationBody,
        response: {
          200: sessionAnswer,
          ...problems({ 401: ['token_missing'], 403: ['wrong_password', ...csrfRefusals], 429: ['rate_limited'] }),
        },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      const session = await signedIn(request);
      const changed = await sessions.changeTokens(request, session, (tokens) =>
        auth.reauthenticate(tokens, request.body.current_password, sessions.requesterOf(request)),
      );
      return describe(reply, changed ?? signedOut());
    },
  );

  app.post(
    '/session/site',
    {
      schema: {
        operationId: 'switchBrowserSessionSite',
        summary: 'Take the browser session to another site',
        description:
          'At the installation’s own address, whose sessions belong to no site; between the addresses of sites there is ' +
          '`/sso`. Needs `x-csrf-token`. The session gets another cookie and another `csrf_token`.',
        tags,
        security: [sessionSecurity('post')],
        body: siteBody,
        response: {
          200: sessionAnswer,
          ...problems({ 401: ['token_missing'], 403: ['not_a_member', 'site_of_host', ...csrfRefusals] }),
        },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      const { site } = request.body;
      const session = await signedIn(request);
      const here = await sites.find(clientInfoOf(request).host.name);
      if (here !== undefined && here.site !== site) throw problem('site_of_host');
      const changed = await sessions.changeTokens(request, session, (tokens) =>
        auth.switchSite(tokens, site, sessions.requesterOf(request)),
      );
      return describe(reply, changed ?? signedOut());
    },
  );

  app.delete(
    '/session',
    {
      config: { sameOriginOnly: true },
      schema: {
        operationId: 'deleteBrowserSession',
        summary: 'Sign a browser out',
        description: 'Ends the sessions of all sites that this login was handed over to.',
        tags,
        security: [sessionSecurity('delete')],
        response: { 204: noBody('Signed out'), ...problems({ 403: csrfRefusals }) },
      },
    },
    async (request, reply) => {
      await sessions.end(request);
      clearCache(reply);
      return reply.code(204).header('cache-control', 'no-store').send(null);
    },
  );

  async function signedIn(request: FastifyRequest): Promise<BrowserSession> {
    return (await sessions.find(request)) ?? signedOut();
  }

  function describe(reply: FastifyReply, session: BrowserSession, user = session.login.user) {
    const identity = sessions.identityOf(session);
    return {
      authenticated: true,
      user,
      ...(identity?.site !== undefined && { site: identity.site }),
      roles: [...(identity?.roles ?? [])],
      ...(identity?.authTime !== undefined && { authenticated_at: new Date(identity.authTime * 1_000).toISOString() }),
      scope: session.tokens.scope,
      expires_at: new Date(session.login.endsAt).toISOString(),
      csrf_token: reply.generateCsrf(),
    };
  }
}

function signedOut(): never {
  throw problem('token_missing', { headers: { 'www-authenticate': CHALLENGE } });
}

function isForm(request: FastifyRequest): boolean {
  return request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false;
}
