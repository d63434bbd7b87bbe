import { createServer, type Server } from 'node:http';
import type { Service } from '@gaia/http-service/service';
import { Counter, Histogram, type Registry } from 'prom-client';

export interface GatewayMetrics {
  readonly failures: Counter<'service' | 'code'>;
}

/** Time of every request by method, route (never the raw path: it is unbounded) and status; failures of services. */
export function measure(app: Service, registry: Registry): GatewayMetrics {
  const duration = new Histogram({
    name: 'gaia_http_request_duration_seconds',
    help: 'Time from the arrival of a request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  });
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    duration.labels(request.method, route, String(reply.raw.statusCode)).observe(reply.elapsedTime / 1_000);
    done();
  });
  return {
    failures: new Counter({
      name: 'gaia_gateway_upstream_failures_total',
      help: 'Requests that a service did not answer',
      labelNames: ['service', 'code'],
      registers: [registry],
    }),
  };
}

/**
 * Serves `/metrics` on a port of its own on the loopback address, never on the public one.
 * Resolves when it listens; rejects where the port is taken.
 */
export function openMetricsListener(registry: Registry, port: number): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url !== '/metrics' || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(404).end();
      return;
    }
    registry.metrics().then(
      (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}
