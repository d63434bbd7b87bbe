import type { Service } from '@gaia/http-service/service';
import type { FastifyInstance } from 'fastify';
import type { SessionCredentials } from '../credentials/session-credentials.ts';
import { type ForwardOptions, forward } from './forward.ts';
import { checkTarget } from './path.ts';
import { allMethods, type ProxyRoute, routeTable, takesSession } from './route-table.ts';

export interface ProxyOptions extends Omit<ForwardOptions, 'credentials'> {
  readonly maxBodyBytes: number;
  readonly maxUploadBytes: number;
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
    for (const route of routes) addRoute(scope, route, options, { ...options, credentials });
  });
}

function addRoute(
  scope: FastifyInstance,
  route: ProxyRoute,
  limits: { readonly maxBodyBytes: number; readonly maxUploadBytes: number },
  options: ForwardOptions,
): void {
  const prefix = route.url.replace(/[:*].*$/, '');
  const maxBytes = route.upload ? limits.maxUploadBytes : limits.maxBodyBytes;
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
