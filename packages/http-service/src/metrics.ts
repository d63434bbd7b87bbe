import type { FastifyInstance } from 'fastify';
import { Histogram, type Registry } from 'prom-client';

/** The time of every request by method, route (never the raw path: it is unbounded) and status. */
export function measureRequests(app: FastifyInstance, registry: Registry): void {
  const duration = new Histogram({
    name: 'gaia_http_request_duration_seconds',
    help: 'Time from the arrival of a request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  });
  // Looking a counter up by its labels is most of its cost. There are as many as routes, methods and statuses.
  const known = new Map<string, { observe(seconds: number): void }>();
  app.addHook('onResponse', (request, reply, done) => {
    const { method } = request;
    const route = request.routeOptions.url ?? 'none';
    const status = String(reply.raw.statusCode);
    const key = `${method} ${status} ${route}`;
    let counted = known.get(key);
    if (counted === undefined) {
      counted = duration.labels(method, route, status);
      known.set(key, counted);
    }
    counted.observe(reply.elapsedTime / 1000);
    done();
  });
}

/** `GET /metrics`, and the time of every request in it. */
export function registerMetrics(app: FastifyInstance, registry: Registry): void {
  measureRequests(app, registry);
  app.get('/metrics', { schema: { hide: true }, logLevel: 'silent' }, async (_request, reply) => {
    reply.type(registry.contentType);
    return registry.metrics();
  });
}
