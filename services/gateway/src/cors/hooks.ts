import type { Service } from '@gaia/http-service/service';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../caller/caller.ts';
import { problem } from '../errors.ts';
import type { Site, SiteDirectory } from '../sites/site-directory.ts';
import { admission, isRegistered, preflightAdmission } from './front-ends.ts';

export interface CorsOptions {
  readonly sites: Pick<SiteDirectory, 'find' | 'known'>;
  readonly callerOf: (request: FastifyRequest) => Caller;
}

/**
 * Lets pages of a site's registered origins read the answers of services at the site's hosts; the gateway's own pages and
 * sessions are for nobody else. To be registered before anything refuses, so that they can read refusals too. Goes by
 * sites that are remembered only: what is not limited yet must not make anybody ask auth.
 */
export function admitFrontEnds(app: Service, { sites, callerOf }: CorsOptions): void {
  app.addHook('onRequest', (request, reply, done) => {
    if (isLedOn(request)) {
      // Also where no Origin came: a cache must not keep an answer without the headers for a page that needs them.
      reply.header('vary', 'origin');
      const { origin } = request.headers;
      if (origin !== undefined) admit(reply, origin, sites.known(callerOf(request).host.name));
    }
    done();
  });
}

/**
 * Answers preflights (Fetch §3.2.2), which never reach a service, and admits origins of sites that were not remembered
 * yet. To be registered after the rate limits. Refuses preflights of other origins: origin_not_registered.
 */
export function answerPreflights(app: Service, { sites, callerOf }: CorsOptions): void {
  // Most requests come from no page, and wait for nothing.
  app.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers;
    if (origin === undefined || !isLedOn(request)) return done();
    sites.find(callerOf(request).host.name).then((site) => {
      if (!isPreflight(request)) {
        if (!reply.hasHeader('access-control-allow-origin')) admit(reply, origin, site);
        return done();
      }
      reply.removeHeader('access-control-allow-origin');
      reply.removeHeader('access-control-expose-headers');
      if (!isRegistered(origin, site?.origins ?? [])) return done(problem('origin_not_registered'));
      // All of the answer: the request goes no further.
      reply.code(204).headers(preflightAdmission(origin)).send();
    }, done);
  });
}

function admit(reply: FastifyReply, origin: string, site: Site | undefined): void {
  if (site !== undefined && isRegistered(origin, site.origins)) reply.headers(admission(origin));
}

function isLedOn({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.config.streamed === true;
}

function isPreflight({ method, headers }: FastifyRequest): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}
