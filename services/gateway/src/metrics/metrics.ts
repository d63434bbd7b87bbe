import { createServer, type Server } from 'node:http';
import { measureRequests } from '@gaia/http-service/metrics';
import type { Service } from '@gaia/http-service/service';
import type { FastifyInstance } from 'fastify';
import { Counter, type Registry } from 'prom-client';

export interface GatewayMetrics {
  readonly failures: Counter<'service' | 'code'>;
}

/** Time of every request; failures of services. */
export function measure(app: Service, registry: Registry): GatewayMetrics {
  measureRequests(app as unknown as FastifyInstance, registry);
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
 * Serves `/metrics` on a port of its own, never on the public one.
 * Resolves when it listens; rejects where the port is taken.
 */
export function openMetricsListener(registry: Registry, host: string, port: number): Promise<Server> {
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
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}
