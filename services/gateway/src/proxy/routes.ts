import type { Service } from '@gaia/http-service/service';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Counter } from 'prom-client';
import type { Dispatcher } from 'undici';
import type { Caller } from '../caller/caller.ts';
import type { SessionCredentials } from '../credentials/session-credentials.ts';
import { requireSameOrigin } from '../csrf/request-origin.ts';
import { problem } from '../errors.ts';
import type { Drain } from '../limits/drain.ts';
import type { SiteDirectory } from '../sites/site-directory.ts';
import type { Upstreams } from '../upstreams/pools.ts';
import type { Replica } from '../upstreams/replicas.ts';
import { isBrokenConnection, isServiceFailure, isUnreached, upstreamProblem } from './failure.ts';
import { checkTarget } from './path.ts';
import { type RelayOutcome, relay } from './relay.ts';
import { bodyOf, gathered, hasBody } from './request-body.ts';
import { sortRequestHeaders } from './request-headers.ts';
import { allMethods, type ProxyRoute, routeTable } from './route-table.ts';
import { nextTraceContext } from './trace-context.ts';
import { tunnel, type Upgrades } from './web-socket.ts';

export interface ProxyOptions {
  readonly upstreams: Upstreams;
  readonly sites: SiteDirectory;
  readonly credentials: SessionCredentials;
  readonly callerOf: (request: FastifyRequest) => Caller;
  readonly uuid: () => string;
  readonly maxBodyBytes: number;
  readonly maxUploadBytes: number;
  /** By service and code. */
  readonly failures: Counter<'service' | 'code'>;
  readonly upgrades: Upgrades;
  readonly drain: Drain;
  readonly now: () => number;
}

/** Routes to the services. Their bodies are never parsed, here or in a hook: they go through as they come. */
export async function registerProxy(app: Service, options: ProxyOptions): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
    for (const route of routeTable) addRoute(scope as unknown as FastifyInstance, route, options);
  });
}

function addRoute(scope: FastifyInstance, route: ProxyRoute, options: ProxyOptions): void {
  const prefix = route.url.replace(/\*$/, '');
  const maxBytes = route.upload ? options.maxUploadBytes : options.maxBodyBytes;
  scope.route({
    method: [...(route.methods ?? allMethods)],
    url: route.url,
    schema: { hide: true },
    config: { streamed: true, ...(route.rateClass !== undefined && { rateClass: route.rateClass }) },
    handler: async (request, reply) => {
      const target = request.raw.url ?? '/';
      checkTarget(target, prefix);
      const path = route.forwardAs === undefined ? target : route.forwardAs + target.slice(prefix.length);
      await forward({ request, reply, route, path, maxBytes }, options);
    },
  });
}

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly route: ProxyRoute;
  readonly path: string;
  readonly maxBytes: number;
}

async function forward(exchange: Exchange, options: ProxyOptions): Promise<void> {
  const { request, reply, route, maxBytes } = exchange;
  const inbound = sortRequestHeaders(request.raw.rawHeaders);
  const bodied = hasBody(request.raw, maxBytes);
  const caller = options.callerOf(request);
  const site = await options.sites.find(caller.host.name);
  const credential =
    route.session === false || inbound.authorization !== undefined
      ? undefined
      : await options.credentials.resolve({ request, cookieHeader: inbound.cookie, caller });
  const upgrade = options.upgrades.of(request.raw);
  // A page of another site can open a WebSocket with the visitor's cookies and read all that it says.
  if (upgrade !== undefined && credential !== undefined) {
    if (request.raw.headers.origin === undefined) throw problem('cross_site_refused');
    requireSameOrigin(request.raw.headers, caller);
  }
  const headers = inbound.passed;
  addOwnHeaders(headers, exchange, { caller, site: site?.site, uuid: options.uuid });

  const replicas = options.upstreams.replicas[route.upstream];
  const repeatable = isRepeatable(request, bodied);
  const withToken = (accessToken: string | undefined): string[] => {
    const authorization = inbound.authorization ?? (accessToken === undefined ? undefined : `Bearer ${accessToken}`);
    return authorization === undefined ? headers : [...headers, 'authorization', authorization];
  };

  const bodyToSend = async () => {
    if (!bodied) return null;
    const body = bodyOf(request.raw, maxBytes, options.now);
    await gathered(body);
    return body;
  };

  const sendTo = async (replica: Replica<Dispatcher>, isRetry: boolean): Promise<RelayOutcome> => {
    const target = { dispatcher: replica.subject, path: exchange.path, headers: withToken(credential?.accessToken) };
    if (upgrade !== undefined) {
      try {
        await tunnel(upgrade, target, () => reply.hijack());
      } catch (error) {
        throw isUnreached(error) ? error : problem('web_socket_refused', { cause: error });
      }
      replica.breaker.succeeded();
      return 'sent';
    }
    return relay(
      { ...target, method: request.method as Dispatcher.HttpMethod, body: await bodyToSend() },
      {
        incoming: request.raw,
        outgoing: reply.raw,
        takeOver: () => {
          replica.breaker.succeeded();
          reply.hijack();
        },
        ownHeaders: () => ownAnswerHeaders(reply, credential?.setCookies() ?? [], options.drain.underWay()),
        onUnauthorized:
          credential?.accessToken === undefined
            ? undefined
            : async (challenge) => {
                const renewed = await credential.onRefused(challenge);
                return renewed && !isRetry && repeatable ? 'again' : [];
              },
      },
    );
  };

  const send = async (isRetry: boolean): Promise<RelayOutcome> => {
    let failed: Replica<Dispatcher> | undefined;
    for (;;) {
      const replica = replicas.next(failed);
      if ('waitMs' in replica) throw unavailable(route.upstream, replica.waitMs);
      try {
        return await sendTo(replica, isRetry);
      } catch (error) {
        if (isServiceFailure(error)) replica.breaker.failed();
        // One more try: a kept-alive connection that was closed meanwhile says nothing, and another replica may answer.
        const again = repeatable ? isBrokenConnection(error) : false;
        const elsewhere = !bodied && replicas.all.length > 1 && isUnreached(error);
        if (failed !== undefined || (!again && !elsewhere)) throw error;
        failed = replica;
      }
    }
  };

  try {
    const outcome = await send(false);
    if (outcome === 'again') await send(true);
  } catch (error) {
    const subject = upstreamProblem(error, route.upstream);
    options.failures.labels(route.upstream, subject.code).inc();
    for (const cookie of credential?.setCookies() ?? []) reply.header('set-cookie', cookie);
    throw subject;
  }
}

/** All replicas have failed several times in a row; nobody is kept waiting to see it once more. */
function unavailable(service: string, waitMs: number) {
  const headers = { 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1_000))) };
  return problem('upstream_unavailable', { headers, extensions: { service } });
}

/** RFC 9110 §9.2.1: safe methods, and nothing of the request has been used up. */
function isRepeatable(request: FastifyRequest, bodied: boolean): boolean {
  return !bodied && (request.method === 'GET' || request.method === 'HEAD');
}

function addOwnHeaders(
  headers: string[],
  { request }: Exchange,
  known: { caller: Caller; site: string | undefined; uuid: () => string },
): void {
  const { traceparent, tracestate } = request.raw.headers;
  const trace = nextTraceContext(
    { traceparent: traceparent as string | undefined, tracestate: tracestate as string | undefined },
    known.uuid,
  );
  headers.push('x-request-id', request.id, 'traceparent', trace.traceparent);
  if (trace.tracestate !== undefined) headers.push('tracestate', trace.tracestate);
  headers.push('x-forwarded-for', known.caller.address);
  headers.push('x-forwarded-host', known.caller.host.authority);
  headers.push('x-forwarded-proto', known.caller.scheme);
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
