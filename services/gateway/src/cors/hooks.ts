import type { Service } from '@gaia/http-service/service';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ClientInfoOf } from '../client/client-info.ts';
import { problem } from '../errors.ts';
import type { Site, Sites } from '../sites/sites.ts';
import { isRegistered, preflightHeaders, responseHeaders } from './allowed-origins.ts';

export interface CorsOptions {
  readonly sites: Pick<Sites, 'find' | 'known'>;
  readonly clientInfoOf: ClientInfoOf;
}

/**
 * Lets pages of a site's registered origins read the responses of services at the site's hosts; the gateway's own pages and
 * sessions are for no other origin. To be registered before anything refuses, so that they can read problems too. Goes by
 * sites that are remembered only: what is not limited yet must not make the gateway ask auth.
 */
export function allowOrigins(app: Service, { sites, clientInfoOf }: CorsOptions): void {
  app.addHook('onRequest', (request, reply, done) => {
    if (isProxied(request)) {
      // Also where no Origin came: a cache must not keep an answer without the headers for a page that needs them.
      reply.header('vary', 'origin');
      const { origin } = request.headers;
      if (origin !== undefined) allow(reply, origin, sites.known(clientInfoOf(request).host.name));
    }
    done();
  });
}

/**
 * Answers preflights (Fetch §3.2.2), which never reach a service, and allows origins of sites that were not remembered
 * yet. To be registered after the rate limits. Refuses preflights of other origins: origin_not_registered.
 */
export function answerPreflights(app: Service, { sites, clientInfoOf }: CorsOptions): void {
  // Most requests come from no page, and wait for nothing.
  app.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers;
    if (origin === undefined || !isProxied(request)) return done();
    sites.find(clientInfoOf(request).host.name).then((site) => {
      if (!isPreflight(request)) {
        if (!reply.hasHeader('access-control-allow-origin')) allow(reply, origin, site);
        return done();
      }
      reply.removeHeader('access-control-allow-origin');
      reply.removeHeader('access-control-expose-headers');
      if (!isRegistered(origin, site?.origins ?? [])) return done(problem('origin_not_registered'));
      // All of the answer: the request goes no further.
      reply.code(204).headers(preflightHeaders(origin)).send();
    }, done);
  });
}

function allow(reply: FastifyReply, origin: string, site: Site | undefined): void {
  if (site !== undefined && isRegistered(origin, site.origins)) reply.headers(responseHeaders(origin));
}

function isProxied({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.config.streamed === true;
}

function isPreflight({ method, headers }: FastifyRequest): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}
