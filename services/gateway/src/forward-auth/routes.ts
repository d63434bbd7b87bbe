import { timingSafeEqual } from 'node:crypto';
import { problem as commonProblem } from '@gaia/http-service/problem';
import type { Service } from '@gaia/http-service/service';
import { bearerToken } from '@gaia/token-guard/bearer';
import { problemOfRefusal } from '@gaia/token-guard/problems';
import type { Verifier } from '@gaia/token-guard/verifier';
import { SUITE_AUDIENCE } from '@gaia/tokens/purposes';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Caller } from '../caller/caller.ts';
import type { SessionCredentials } from '../credentials/session-credentials.ts';
import { requireOriginOfUpgrade } from '../csrf/request-origin.ts';
import { problem } from '../errors.ts';
import { sortRequestHeaders } from '../proxy/request-headers.ts';
import { allMethods } from '../proxy/route-table.ts';
import { identityOf } from '../sessions/session.ts';
import type { SiteDirectory } from '../sites/site-directory.ts';
import { originalRequest } from './original-request.ts';

export interface ForwardAuthOptions {
  /** Shown by the proxy in `x-gaia-forward-auth`. */
  readonly secret: string;
  readonly credentials: SessionCredentials;
  /** Of access tokens for the suite, revocations included. */
  readonly verifier: Pick<Verifier, 'verify'>;
  readonly sites: SiteDirectory;
  readonly callerOf: (request: FastifyRequest) => Caller;
}

const SECRET_HEADER = 'x-gaia-forward-auth';

/**
 * `/forward-auth`, what a proxy asks before it leads a request on (nginx auth_request, Traefik ForwardAuth, Caddy
 * forward_auth, Envoy ext_authz): 200 with `Authorization` and `X-Gaia-Site` for the service, 401 where no user is signed
 * in, 403 for what a session must not do, and for one of an account alone. A browser that opens a page without a session is
 * led to the sign-in page. The response holds the token that pages must never see, so who does not know the secret is told
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
        const original = originalRequest(request);
        const site = await options.sites.find(caller.host.name);
        reply.header('x-gaia-site', site?.site ?? '');
        if (inbound.authorization !== undefined) {
          return reply.header('authorization', `Bearer ${await verifiedToken(request)}`).send();
        }
        // It carries no credentials and changes nothing (Fetch §3.2.2): the service says who may read its responses.
        // Said to be empty, because some proxies copy a header that is not there as the text of their own variable.
        if (original.isPreflight) return reply.header('authorization', '').send();
        const credential = await options.credentials.resolve({
          request,
          cookieHeader: inbound.cookie,
          caller,
          method: original.method ?? UNSAFE,
        });
        if (original.isUpgrade && credential !== undefined) requireOriginOfUpgrade(request.raw.headers, caller);
        for (const cookie of credential?.setCookies() ?? []) reply.header('set-cookie', cookie);
        const accessToken = credential?.accessToken();
        if (accessToken !== undefined) {
          // Who was taken off the last site keeps the account, which must not open what stands behind this.
          if (!identityOf(accessToken)?.audience.includes(SUITE_AUDIENCE)) throw problem('account_session');
          return reply.header('authorization', `Bearer ${accessToken}`).send();
        }
        if (original.isNavigation && site !== undefined) {
          const signIn = `${caller.origin}/sign-in?return=${encodeURIComponent(original.returnPath)}`;
          if (original.passesRedirects) return reply.redirect(signIn, 303);
          reply.header('x-gaia-sign-in', signIn);
        }
        throw problem('token_missing', { headers: { 'www-authenticate': 'Bearer realm="gaia"' } });
      },
    });
  }

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

/** What a request is taken for whose method is not said. */
const UNSAFE = 'POST';

function isSame(given: string | string[] | undefined, expected: string): boolean {
  const bytes = Buffer.from(String(given ?? ''));
  const wanted = Buffer.from(expected);
  return bytes.length === wanted.length && timingSafeEqual(bytes, wanted);
}
