import { verifyHandOverToken } from '@gaia/hand-over/hand-over-token';
import { isNonceOf, nonceOf } from '@gaia/hand-over/nonce';
import type { Service } from '@gaia/http-service/service';
import { TokenRefusal } from '@gaia/jwt/refusal';
import type { KeySource } from '@gaia/jwt/signature';
import type { State } from '@gaia/state/state';
import { MAX_TOKEN_BYTES } from '@gaia/tokens/purposes';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Caller } from '../caller/caller.ts';
import { canKeepCookies } from '../caller/host-cookie.ts';
import { problem } from '../errors.ts';
import type { AuthClient } from '../sessions/auth-client.ts';
import type { SignIns } from '../sessions/sign-ins.ts';
import type { Site, SiteDirectory } from '../sites/site-directory.ts';
import type { PendingSignOns } from './pending-sign-ons.ts';
import { readReturnPath } from './return-path.ts';

export interface SsoOptions {
  readonly auth: Pick<AuthClient, 'handOver' | 'exchange'>;
  readonly signIns: SignIns;
  readonly sites: SiteDirectory;
  readonly pending: PendingSignOns;
  readonly callerOf: (request: FastifyRequest) => Caller;
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
  const { auth, signIns, sites, pending, callerOf, now } = options;

  app.get(
    '/sso',
    { config: { rateClass: 'login' }, schema: { hide: true, querystring: startQuery } },
    async (request, reply) => {
      keepSecret(reply);
      const caller = callerOf(request);
      requireNavigation(request);
      if (!canKeepCookies(caller)) throw problem('https_required');
      const { token, return: wanted = '/', from } = request.query;
      if (token !== undefined) return finish(request, reply, caller, token);
      const returnPath = readReturnPath(wanted);
      if (returnPath === undefined) throw problem('return_path_refused');
      if ((await signIns.find(request, caller)) !== undefined) return reply.redirect(returnPath, 303);
      await registered(caller.host.name);
      const source = from === undefined ? options.centralOrigin : (await registered(from)).origin;
      if (source === caller.origin) return reply.redirect(`/sign-in?return=${encodeURIComponent(returnPath)}`, 303);
      const begun = pending.begin(request.headers.cookie, caller, returnPath);
      reply.header('set-cookie', begun.setCookie);
      const query = new URLSearchParams({ host: caller.host.name, nonce: nonceOf(begun.pending.verifier) });
      return reply.redirect(`${source}/sso/authorize?${query}`, 303);
    },
  );

  app.get('/sso/authorize', { schema: { hide: true, querystring: authorizeQuery } }, async (request, reply) => {
    keepSecret(reply);
    const caller = callerOf(request);
    requireNavigation(request);
    const { host, nonce } = request.query;
    await registered(host);
    const session = await signIns.find(request, caller);
    if (session === undefined) {
      const back = `/sso/authorize?${new URLSearchParams({ host, nonce })}`;
      return reply.redirect(`/sign-in?return=${encodeURIComponent(back)}`, 303);
    }
    const target = { host, nonce, remember: session.remember };
    const { token, origin } = await auth.handOver(session.tokens, target, signIns.askedFor(request, caller));
    return reply.redirect(`${origin}/sso?token=${token}`, 303);
  });

  /** A token is consumed before it is known whether it may be used here: once seen, it is worth nothing to anybody. */
  async function finish(request: FastifyRequest, reply: FastifyReply, caller: Caller, token: string) {
    const claims = await verify(token, caller);
    const isFirst = await options.consumeOnce(SHOWN, claims.jti, claims.exp * 1_000, now());
    if (!isFirst) throw refused('used');
    const begun = pending.find(request.headers.cookie, caller, claims.nonce);
    if (begun === undefined || !isNonceOf(claims.nonce, begun.verifier)) throw refused('other_browser');
    const askedFor = signIns.askedFor(request, caller);
    const tokens = await auth.exchange({ token, verifier: begun.verifier }, askedFor);
    const setCookies = [pending.finish(request.headers.cookie, caller, begun)];
    const opened = await signIns.open(request, caller, tokens, claims.remember === true);
    reply.header('set-cookie', [...setCookies, opened.setCookie]);
    return reply.redirect(begun.returnPath, 303);
  }

  async function verify(token: string, caller: Caller) {
    try {
      const rules = { issuer: options.issuer, audience: caller.origin, keys: options.keys, isMaker: false, now: now() };
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
