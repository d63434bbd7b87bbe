import { timingSafeEqual } from 'node:crypto';
import { problem as commonProblem } from '@gaia/http-service/problem';
import { bearerToken } from '@gaia/token-guard/bearer';
import { problemOfRefusal } from '@gaia/token-guard/problems';
import type { Verifier } from '@gaia/token-guard/verifier';
import { SUITE_AUDIENCE } from '@gaia/tokens/purposes';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { identityOf } from '../auth-client/tokens.ts';
import type { ClientInfoOf } from '../client/client-info.ts';
import type { SessionCredentials } from '../credentials/session-credentials.ts';
import { requireOriginOfUpgrade } from '../csrf/request-origin.ts';
import { problem } from '../errors.ts';
import { sortRequestHeaders } from '../proxy/request-headers.ts';
import { allMethods } from '../proxy/route-table.ts';
import type { Sites } from '../sites/sites.ts';
import { originalRequest } from './original-request.ts';

export interface ForwardAuthOptions {
  /** Shown by the proxy in `x-gaia-forward-auth`. */
  readonly secret: string;
  readonly sites: Sites;
  readonly clientInfoOf: ClientInfoOf;
}

const SECRET_HEADER = 'x-gaia-forward-auth';

/**
 * `/forward-auth`, what a proxy asks before it passes a request on (nginx auth_request, Traefik ForwardAuth, Caddy
 * forward_auth, Envoy ext_authz): 200 with `Authorization` and `X-Gaia-Site` for the service, 401 where no user is signed
 * in, 403 for what a session must not do, and for one of an account alone. A browser that opens a page without a session is
 * redirected to the sign-in page. The response holds the token that pages must never see, so who does not know the secret is
 * told that there is no such route. This is the half for requests with an Authorization header.
 */
export function registerBearerForwardAuth(
  scope: FastifyInstance,
  options: ForwardAuthOptions & {
    /** Of access tokens for the suite, revocations included. */
    readonly verifier: Pick<Verifier, 'verify'>;
  },
): void {
  addRoutes(scope, 'bearer', options, async (request, reply) => {
    // Refuses a second Authorization header.
    sortRequestHeaders(request.raw.rawHeaders);
    return reply.header('authorization', `Bearer ${await verifiedToken(request)}`).send();
  });

  /** A bad token never becomes the session. Refuses: token_missing for other schemes, and what refuses a token. */
  async function verifiedToken({ raw }: FastifyRequest): Promise<string> {
    try {
      const accessToken = bearerToken(raw) ?? '';
      await options.verifier.verify(accessToken);
      return accessToken;
    } catch (error) {
      throw problemOfRefusal(error);
    }
  }
}

/** The half for requests without one, which may have a session. */
export function registerBrowserForwardAuth(
  scope: FastifyInstance,
  options: ForwardAuthOptions & { readonly credentials: SessionCredentials },
): void {
  addRoutes(scope, 'browser', options, async (request, reply) => {
    sortRequestHeaders(request.raw.rawHeaders);
    const client = options.clientInfoOf(request);
    const original = originalRequest(request);
    // It carries no credentials and changes nothing (Fetch §3.2.2): the service says who may read its responses.
    // Said to be empty, because some proxies copy a header that is not there as the text of their own variable.
    if (original.isPreflight) return reply.header('authorization', '').send();
    const accessToken = (await options.credentials.resolve(request, reply))?.accessToken();
    if (accessToken !== undefined) {
      if (original.isUpgrade) requireOriginOfUpgrade(request.raw.headers, client);
      // Who was taken off the last site keeps the account, which must not open what stands behind this.
      if (!identityOf(accessToken)?.audience.includes(SUITE_AUDIENCE)) throw problem('account_session');
      return reply.header('authorization', `Bearer ${accessToken}`).send();
    }
    if (original.isNavigation && reply.getHeader('x-gaia-site') !== '') {
      const signIn = `${client.origin}/sign-in?return=${encodeURIComponent(original.returnPath)}`;
      if (original.passesRedirects) return reply.redirect(signIn, 303);
      reply.header('x-gaia-sign-in', signIn);
    }
    throw problem('token_missing', { headers: { 'www-authenticate': 'Bearer realm="gaia"' } });
  });
}

function addRoutes(
  scope: FastifyInstance,
  credential: 'bearer' | 'browser',
  { secret, sites, clientInfoOf }: ForwardAuthOptions,
  handler: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>,
): void {
  for (const url of ['/forward-auth', '/forward-auth/*']) {
    scope.route({
      method: [...allMethods],
      url,
      constraints: { credential },
      schema: { hide: true },
      config: { methodToCheck: (request) => originalRequest(request).method ?? UNSAFE },
      onRequest: async (request, reply) => {
        if (!isSame(request.headers[SECRET_HEADER], secret)) throw commonProblem('route_not_found');
        reply.headers({ 'cache-control': 'no-store', vary: 'authorization, cookie' });
        const site = await sites.find(clientInfoOf(request).host.name);
        reply.header('x-gaia-site', site?.site ?? '');
      },
      handler,
    });
  }
}

/** What a request is taken for whose method is not said. */
const UNSAFE = 'POST';

function isSame(given: string | string[] | undefined, expected: string): boolean {
  const bytes = Buffer.from(String(given ?? ''));
  const wanted = Buffer.from(expected);
  return bytes.length === wanted.length && timingSafeEqual(bytes, wanted);
}
