import { timingSafeEqual } from 'node:crypto';
import { problem as commonProblem } from '@gaia/http-service/problem';
import type { Service } from '@gaia/http-service/service';
import { SUITE_AUDIENCE } from '@gaia/tokens/purposes';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Caller } from '../caller/caller.ts';
import type { SessionCredentials } from '../credentials/session-credentials.ts';
import { problem } from '../errors.ts';
import { sortRequestHeaders } from '../proxy/request-headers.ts';
import { allMethods } from '../proxy/route-table.ts';
import { identityOf } from '../sessions/session.ts';
import type { SiteDirectory } from '../sites/site-directory.ts';

export interface ForwardAuthOptions {
  /** Shown by the proxy in `x-gaia-forward-auth`. */
  readonly secret: string;
  readonly credentials: SessionCredentials;
  readonly sites: SiteDirectory;
  readonly callerOf: (request: FastifyRequest) => Caller;
}

const SECRET_HEADER = 'x-gaia-forward-auth';

/**
 * `/forward-auth`, what a proxy asks before it leads a request on (nginx auth_request, Traefik ForwardAuth, Envoy
 * ext_authz): 200 with `Authorization` and `X-Gaia-Site` for the service, 401 where nobody is signed in, 403 for what a
 * session must not do, and for one of an account alone. Its answer holds the token that pages must never see, so who does not know the secret is told
 * that there is nothing here.
 */
export function registerForwardAuth(app: Service, options: ForwardAuthOptions): void {
  const scope = app as unknown as FastifyInstance;
  for (const url of ['/forward-auth', '/forward-auth/*']) {
    scope.route({
      method: [...allMethods],
      url,
      schema: { hide: true },
      handler: async (request, reply) => {
        if (!isSame(request.headers[SECRET_HEADER], options.secret)) throw commonProblem('route_not_found');
        reply.headers({ 'cache-control': 'no-store', vary: 'authorization, cookie' });
        const inbound = sortRequestHeaders(request.raw.rawHeaders);
        const caller = options.callerOf(request);
        const site = await options.sites.find(caller.host.name);
        if (site !== undefined) reply.header('x-gaia-site', site.site);
        // A bearer token goes on as it is, good or bad: the service verifies it, and a bad one never becomes the session.
        if (inbound.authorization !== undefined) return reply.header('authorization', inbound.authorization).send();
        const credential = await options.credentials.resolve({
          request,
          cookieHeader: inbound.cookie,
          caller,
          method: originalMethod(request),
        });
        for (const cookie of credential?.setCookies() ?? []) reply.header('set-cookie', cookie);
        const accessToken = credential?.accessToken();
        if (accessToken !== undefined) {
          // Who was taken off the last site keeps the account, which must not open what stands behind this.
          if (!identityOf(accessToken)?.audience.includes(SUITE_AUDIENCE)) throw problem('account_session');
          return reply.header('authorization', `Bearer ${accessToken}`).send();
        }
        throw problem('token_missing', { headers: { 'www-authenticate': 'Bearer realm="gaia"' } });
      },
    });
  }
}

/** nginx and Traefik always ask with GET and say the method in a header; Envoy asks with the method itself. */
function originalMethod({ headers, method }: FastifyRequest): string {
  const named = headers['x-original-method'] ?? headers['x-forwarded-method'];
  return typeof named === 'string' ? named.toUpperCase() : method;
}

function isSame(given: string | string[] | undefined, expected: string): boolean {
  const bytes = Buffer.from(String(given ?? ''));
  const wanted = Buffer.from(expected);
  return bytes.length === wanted.length && timingSafeEqual(bytes, wanted);
}
