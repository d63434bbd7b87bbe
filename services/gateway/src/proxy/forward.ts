import { isAborted } from '@gaia/http-service/error-handler';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Counter } from 'prom-client';
import type { ClientInfoOf } from '../client/client-info.ts';
import type { OpenStreams } from '../credentials/open-streams.ts';
import type { SessionCredentials } from '../credentials/session-credentials.ts';
import type { LimitUser } from '../limits/rate-limit-hook.ts';
import type { Sites } from '../sites/sites.ts';
import type { Upstreams } from '../upstreams/pools.ts';
import { authenticate } from './authenticate.ts';
import { authorize } from './authorize.ts';
import { addOwnHeaders } from './own-headers.ts';
import { bodyOf, hasBody } from './request-body.ts';
import { sortRequestHeaders } from './request-headers.ts';
import type { ProxyRoute } from './route-table.ts';
import { send } from './send.ts';
import { upstreamProblem } from './upstream-problem.ts';
import type { Upgrades } from './web-socket.ts';

export interface ForwardOptions {
  readonly upstreams: Upstreams;
  readonly sites: Sites;
  /** Undefined where requests bring an Authorization header. */
  readonly credentials: SessionCredentials | undefined;
  readonly clientInfoOf: ClientInfoOf;
  readonly uuid: () => string;
  /** By service and code. */
  readonly failures: Counter<'service' | 'code'>;
  readonly upgrades: Upgrades;
  readonly openStreams: OpenStreams;
  /** Whether the gateway is about to end: every response is then the last one on its connection. */
  readonly isDraining: () => boolean;
  /** Undefined where users are held to no rate. */
  readonly limitUser: LimitUser | undefined;
  /** The user of a bearer token that is genuine. */
  readonly subjectOf: (accessToken: string) => Promise<string | undefined>;
  readonly now: () => number;
}

/** A request, and the route that it matches. */
export interface MatchedRequest {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly route: ProxyRoute;
  /** Path and query at the service. */
  readonly path: string;
  readonly maxBytes: number;
}

/** Takes a request through all steps: authenticate, authorise, send it to the service, relay the response. */
export async function forward(matched: MatchedRequest, options: ForwardOptions): Promise<void> {
  const { request, route, maxBytes } = matched;
  const inbound = sortRequestHeaders(request.raw.rawHeaders);
  const bodied = hasBody(request.raw, maxBytes);
  const client = options.clientInfoOf(request);
  const site = await options.sites.find(client.host.name);
  const credential = await authenticate(matched, inbound.authorization, options);
  const upgrade = options.upgrades.of(request.raw);
  await authorize(matched, { credential, client, isUpgrade: upgrade !== undefined }, options);
  addOwnHeaders(inbound.passed, request, { client, site: site?.site, uuid: options.uuid });
  const body = bodied ? bodyOf(request.raw, maxBytes, options.now) : undefined;
  const payload = body === undefined ? null : await body.gather();
  try {
    await send({ matched, credential, headers: inbound.passed, payload, upgrade }, options);
  } catch (error) {
    // A client that disconnects is no failure of the service.
    if (isAborted(request.raw)) throw error;
    const subject = upstreamProblem(error, route.upstream);
    options.failures.labels(route.upstream, subject.code).inc();
    throw subject;
  } finally {
    body?.end();
  }
}
