import type { FastifyInstance } from 'fastify';

/**
 * An answer that says nothing of caches is kept by none. Without `Cache-Control` a cache may choose a time by itself
 * (RFC 9111 §4.2.2), and one before the gateway does not know that a cookie decides what is answered.
 */
export function refuseUnsaidCaching(app: FastifyInstance): void {
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
    done();
  });
}
