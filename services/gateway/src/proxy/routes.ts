import { isAborted } from '@gaia/http-service/error-handler';
import type { Service } from '@gaia/http-service/service';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Counter } from 'prom-client';
import type { Dispatcher } from 'undici';
import type { ClientInfo, ClientInfoOf } from '../client/client-info.ts';
import type { OpenStreams } from '../credentials/open-streams.ts';
import { requireRecentSession } from '../credentials/recent-session.ts';
import type { SessionCredentials } from '../credentials/session-credentials.ts';
import { requireOriginOfUpgrade } from '../csrf/request-origin.ts';
import { isSafeMethod } from '../csrf/safe-methods.ts';
import { problem } from '../errors.ts';
import type { LimitUser } from '../limits/rate-limit-hook.ts';
import type { Sites } from '../sites/sites.ts';
import { isConnectFailure, NoReplicaAvailable } from '../upstreams/errors.ts';
import type { Upstreams } from '../upstreams/pools.ts';
import { checkTarget } from './path.ts';
import { type RelayOutcome, relay } from './relay.ts';
import { bodyOf, hasBody } from './request-body.ts';
import { sortRequestHeaders } from './request-headers.ts';
import { allMethods, type ProxyRoute, routeTable, takesSession } from './route-table.ts';
import { nextTraceContext } from './trace-context.ts';
import { upstreamProblem } from './upstream-problem.ts';
import { tunnel, type Upgrades } from './web-socket.ts';

export interface ProxyOptions {
  readonly upstreams: Upstreams;
  readonly sites: Sites;
  readonly clientInfoOf: ClientInfoOf;
  readonly uuid: () => string;
  readonly maxBodyBytes: number;
  readonly maxUploadBytes: number;
  /** By service and code. */
  readonly failures: Counter<'service' | 'code'>;
  readonly upgrades: Upgrades;
  readonly openStreams: OpenStreams;
  /** Whether the gateway is about to end: every response is then the last one on its connection. */
  readonly isDraining: () => boolean;
  /** Undefined where nobody is held to a rate. */
  readonly limitUser: LimitUser | undefined;
  /** The user of a bearer token that is genuine. */
  readonly subjectOf: (accessToken: string) => Promise<string | undefined>;
  readonly now: () => number;
}

/**
 * Routes to the services. Their bodies are never parsed, here or in a hook: they go through as they come. With
 * `credentials`, those for requests without an Authorization header, which may have a session; else all others.
 */
export async function registerProxy(
  app: Service | FastifyInstance,
  options: ProxyOptions,
  credentials?: SessionCredentials,
): Promise<void> {
  await (app as FastifyInstance).register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
    const routes = routeTable.filter((route) => credentials === undefined || takesSession(route));
    for (const route of routes) addRoute(scope, route, { ...options, credentials });
  });
}

function addRoute(scope: FastifyInstance, route: ProxyRoute, options: ForwardOptions): void {
  const prefix = route.url.replace(/[:*].*$/, '');
  const maxBytes = route.upload ? options.maxUploadBytes : options.maxBodyBytes;
  scope.route({
    method: [...(route.methods ?? allMethods)],
    url: route.url,
    schema: { hide: true },
    ...(takesSession(route) && {
      constraints: { credential: options.credentials === undefined ? 'bearer' : 'browser' },
    }),
    config: {
      streamed: true,
      ...(route.rateClass !== undefined && { rateClass: route.rateClass }),
      ...(route.upload && { uploads: true }),
    },
    handler: async (request, reply) => {
      const target = request.raw.url ?? '/';
      checkTarget(target, prefix);
      const path = route.forwardAs === undefined ? target : route.forwardAs + target.slice(prefix.length);
      await forward({ request, reply, route, path, maxBytes }, options);
    },
  });
}

interface ForwardOptions extends ProxyOptions {
  readonly credentials: SessionCredentials | undefined;
}

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly route: ProxyRoute;
  readonly path: string;
  readonly maxBytes: number;
}

async function forward(exchange: Exchange, options: ForwardOptions): Promise<void> {
  const { request, reply, route, maxBytes } = exchange;
  const inbound = sortRequestHeaders(request.raw.rawHeaders);
  const bodied = hasBody(request.raw, maxBytes);
  const client = options.clientInfoOf(request);
  const site = await options.sites.find(client.host.name);
  const changesPrivilege = route.changesPrivilege === true;
  const credential = await options.credentials?.resolve(request, reply, { changesPrivilege });
  if (route.handsOut === 'secrets' && credential !== undefined && !isSafeMethod(request.method)) {
    requireRecentSession(credential.authTime(), options.now());
  }
  const bearer = bearerOf(inbound.authorization);
  if (options.limitUser !== undefined) {
    const user = credential?.user() ?? (bearer === undefined ? undefined : await options.subjectOf(bearer));
    if (user !== undefined) await options.limitUser(request, reply, user);
  }
  const upgrade = options.upgrades.of(request.raw);
  if (upgrade !== undefined && credential !== undefined) requireOriginOfUpgrade(request.raw.headers, client);
  const headers = inbound.passed;
  addOwnHeaders(headers, exchange, { client, site: site?.site, uuid: options.uuid });

  const dispatcher = options.upstreams.dispatchers[route.upstream];
  const withToken = (accessToken: string | undefined): string[] => {
    const authorization = inbound.authorization ?? (accessToken === undefined ? undefined : `Bearer ${accessToken}`);
    return authorization === undefined ? headers : [...headers, 'authorization', authorization];
  };

  const body = bodied ? bodyOf(request.raw, maxBytes, options.now) : null;
  const payload = body === null ? null : await body.gather();

  let endWatch: (() => void) | undefined;
  const watchStream = (close: () => void): void => {
    const accessToken = credential === undefined ? bearer : credential.accessToken();
    if (accessToken === undefined) return;
    endWatch = options.openStreams.watch({ accessToken, renewed: credential?.renewed }, close);
  };

  const send = async (isRetry: boolean): Promise<RelayOutcome> => {
    const target = { path: exchange.path, headers: withToken(credential?.accessToken()) };
    if (upgrade !== undefined) {
      try {
        await tunnel(dispatcher, upgrade, target, () => reply.hijack());
      } catch (error) {
        if (error instanceof NoReplicaAvailable || isConnectFailure(error)) throw error;
        throw problem('web_socket_refused', { cause: error });
      }
      const { socket } = upgrade;
      watchStream(() => socket.destroy());
      if (socket.destroyed) endWatch?.();
      else socket.once('close', () => endWatch?.());
      return 'sent';
    }
    const method = request.method as Dispatcher.HttpMethod;
    return relay(
      dispatcher,
      // Kept alive for HEAD too. undici takes iterables as a body, though its types do not say so.
      { ...target, method, body: payload as Buffer | null, ...(method === 'HEAD' && { reset: false }) },
      {
        outgoing: reply.raw,
        takeOver: () => void reply.hijack(),
        onEvents: () => watchStream(() => reply.raw.destroy()),
        ownHeaders: () => ownAnswerHeaders(reply, credential?.setCookies() ?? [], options.isDraining()),
        onUnauthorized:
          credential?.accessToken() === undefined
            ? undefined
            : async (challenge) => {
                const renewed = await credential.onRefused(challenge);
                return renewed && !isRetry && isRepeatable(request, bodied) ? 'again' : [];
              },
      },
    );
  };

  try {
    const outcome = await send(false);
    if (outcome === 'again') await send(true);
    if (upgrade === undefined) endWatch?.();
  } catch (error) {
    // A client that goes away is no failure of the service.
    if (isAborted(request.raw)) throw error;
    const subject = upstreamProblem(error, route.upstream);
    options.failures.labels(route.upstream, subject.code).inc();
    throw subject;
  } finally {
    body?.end();
  }
}

function bearerOf(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization.slice(0, 7).toLowerCase() !== 'bearer ') return undefined;
  const token = authorization.slice(7).trimStart();
  return token === '' || token.includes(' ') ? undefined : token;
}

/** RFC 9110 §9.2.1: safe methods, and nothing of the request has been used up. */
function isRepeatable(request: FastifyRequest, bodied: boolean): boolean {
  return !bodied && (request.method === 'GET' || request.method === 'HEAD');
}

function addOwnHeaders(
  headers: string[],
  { request }: Exchange,
  known: { client: ClientInfo; site: string | undefined; uuid: () => string },
): void {
  const { traceparent, tracestate } = request.raw.headers;
  const trace = nextTraceContext(
    { traceparent: traceparent as string | undefined, tracestate: tracestate as string | undefined },
    known.uuid,
  );
  headers.push('x-request-id', request.id, 'traceparent', trace.traceparent);
  if (trace.tracestate !== undefined) headers.push('tracestate', trace.tracestate);
  headers.push('x-forwarded-for', known.client.address);
  headers.push('x-forwarded-host', known.client.host.authority);
  headers.push('x-forwarded-proto', known.client.scheme);
  if (known.site !== undefined) headers.push('x-gaia-site', known.site);
}

/** What hooks have put on the reply (request id, rate limits), since Fastify does not write a hijacked answer. */
function ownAnswerHeaders(reply: FastifyReply, cookies: readonly string[], isLast: boolean): string[] {
  const headers: string[] = isLast ? ['connection', 'close'] : [];
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined) headers.push(name, String(one));
    }
  }
  for (const cookie of cookies) headers.push('set-cookie', cookie);
  return headers;
}
