import { verifyHandOverToken } from '@gaia/hand-over/hand-over-token';
import { isNonceOf, nonceOf } from '@gaia/hand-over/nonce';
import type { Service } from '@gaia/http-service/service';
import { TokenRefusal } from '@gaia/jwt/refusal';
import type { KeySource } from '@gaia/jwt/signature';
import type { State } from '@gaia/state/state';
import { MAX_TOKEN_BYTES } from '@gaia/tokens/purposes';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { AuthClient } from '../auth-client/auth-client.ts';
import type { ClientInfo, ClientInfoOf } from '../client/client-info.ts';
import type { CookieSettings } from '../cookies/cookie-settings.ts';
import { problem } from '../errors.ts';
import type { BrowserSessions } from '../sessions/browser-sessions.ts';
import type { Site, Sites } from '../sites/sites.ts';
import type { PendingSignOns } from './pending-sign-ons.ts';
import { readReturnPath } from './return-path.ts';

export interface SsoOptions {
  readonly auth: Pick<AuthClient, 'handOver' | 'exchange'>;
  readonly sessions: BrowserSessions;
  readonly sites: Sites;
  readonly pending: PendingSignOns;
  readonly cookies: Pick<CookieSettings, 'requireSecureContext'>;
  readonly clientInfoOf: ClientInfoOf;
  readonly consumeOnce: State['consumeOnce'];
  readonly keys: KeySource;
  readonly issuer: string;
  /** Where users sign in when no other site is named. */
  readonly centralOrigin: string;
  readonly now: () => number;
}

const hostName = Type.String({ pattern: '^[a-z0-9.-]{1,253}$' });

const startQuery = Type.Object(
  {
    token: Type.Optional(Type.String({ minLength: 1, maxLength: MAX_TOKEN_BYTES })),
    return: Type.Optional(Type.String({ maxLength: 512, description: 'A path of this site' })),
    from: Type.Optional(hostName),
  },
  { additionalProperties: false },
);

const authorizeQuery = Type.Object(
  { host: hostName, nonce: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }) },
  { additionalProperties: false },
);

/** Purpose under which ids of shown tokens are remembered. */
const SHOWN = 'sso-shown';

/** `GET /sso`: begins at a site that wants to know who its visitor is, and ends there; `GET /sso/authorize` is between. */
export function registerSso(app: Service, options: SsoOptions): void {
  const { auth, sessions, sites, pending, cookies, clientInfoOf, now } = options;

  app.get(
    '/sso',
    { config: { rateClass: 'login' }, schema: { hide: true, querystring: startQuery } },
    async (request, reply) => {
      keepSecret(reply);
      const client = clientInfoOf(request);
      requireNavigation(request);
      cookies.requireSecureContext(client);
      const { token, return: wanted = '/', from } = request.query;
      if (token !== undefined) return finish(request, reply, client, token);
      const returnPath = readReturnPath(wanted);
      if (returnPath === undefined) throw problem('return_path_refused');
      if ((await sessions.find(request)) !== undefined) return reply.redirect(returnPath, 303);
      await registered(client.host.name);
      const source = from === undefined ? options.centralOrigin : (await registered(from)).origin;
      if (source === client.origin) return reply.redirect(`/sign-in?return=${encodeURIComponent(returnPath)}`, 303);
      const begun = pending.begin(request, reply, returnPath);
      const query = new URLSearchParams({ host: client.host.name, nonce: nonceOf(begun.verifier) });
      return reply.redirect(`${source}/sso/authorize?${query}`, 303);
    },
  );

  app.get('/sso/authorize', { schema: { hide: true, querystring: authorizeQuery } }, async (request, reply) => {
    keepSecret(reply);
    requireNavigation(request);
    const { host, nonce } = request.query;
    await registered(host);
    const session = await sessions.find(request);
    if (session === undefined) {
      const back = `/sso/authorize?${new URLSearchParams({ host, nonce })}`;
      return reply.redirect(`/sign-in?return=${encodeURIComponent(back)}`, 303);
    }
    const target = { host, nonce, remember: session.login.remember };
    const { token, origin } = await auth.handOver(session.tokens, target, sessions.requesterOf(request));
    return reply.redirect(`${origin}/sso?token=${token}`, 303);
  });

  /** A token is consumed before it is known whether it may be used here: after its first use it is invalid. */
  async function finish(request: FastifyRequest, reply: FastifyReply, client: ClientInfo, token: string) {
    const claims = await verify(token, client);
    const isFirst = await options.consumeOnce(SHOWN, claims.jti, claims.exp * 1_000, now());
    if (!isFirst) throw refused('used');
    const begun = pending.find(request, claims.nonce);
    if (begun === undefined || !isNonceOf(claims.nonce, begun.verifier)) throw refused('other_browser');
    const response = await auth.exchange({ token, verifier: begun.verifier }, sessions.requesterOf(request));
    pending.finish(request, reply, begun);
    await sessions.open(request, response, claims.remember === true);
    return reply.redirect(begun.returnPath, 303);
  }

  async function verify(token: string, client: ClientInfo) {
    try {
      const rules = { issuer: options.issuer, audience: client.origin, keys: options.keys, isMaker: false, now: now() };
      return await verifyHandOverToken(token, rules);
    } catch (error) {
      if (error instanceof TokenRefusal) throw refused(error.reason);
      throw error;
    }
  }

  async function registered(host: string): Promise<Site> {
    const site = await sites.find(host);
    if (site === undefined) throw problem('site_not_found');
    return site;
  }
}

function refused(cause: string) {
  return problem('sign_on_refused', { extensions: { cause } });
}

/** The address holds a token, or leads to one: neither a cache nor the next page may learn it. */
function keepSecret(reply: FastifyReply): void {
  reply.headers({ 'cache-control': 'no-store', vary: 'cookie', 'referrer-policy': 'no-referrer' });
}

/** Fetch Metadata: a frame, an image or a script of another site is no visit of the user's. */
function requireNavigation(request: FastifyRequest): void {
  const { 'sec-fetch-dest': destination, 'sec-fetch-mode': mode } = request.headers;
  if (destination !== undefined && destination !== 'document') throw problem('cross_site_refused');
  if (mode !== undefined && mode !== 'navigate') throw problem('cross_site_refused');
}
