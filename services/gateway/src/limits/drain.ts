import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';
import { connectionsOf } from '@gaia/http-service/graceful-shutdown';
import type { FastifyInstance } from 'fastify';

const POLL_MS = 20;

/**
 * Before the gateway ends, connections that are kept alive get a while in which their next response tells the client to
 * close them. Closed at once, each could lose a request that is on its way (RFC 9112 §9.6).
 */
export function drainBeforeClosing(
  app: Pick<FastifyInstance, 'addHook'>,
  server: Server,
  options: { readonly longestMs: number; readonly sleep: (ms: number) => Promise<void> },
): void {
  app.addHook('preClose', async () => {
    // By then every connection that was made is accepted; one that is not ends with the listener.
    await new Promise((resolve) => setImmediate(resolve));
    stopAccepting(server);
    for (let waited = 0; waited < options.longestMs; waited += POLL_MS) {
      if ((await connectionsOf(server)) === 0) return;
      await options.sleep(POLL_MS);
    }
  });
}

/**
 * Stops accepting connections and keeps the open ones; `close` of an HTTP server would end those that are idle at this
 * moment. A later `close` then only waits for the last of them.
 */
function stopAccepting(server: Server): void {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
  server.close = (callback) => {
    server.closeIdleConnections();
    closed.then(() => callback?.());
    return server;
  };
}
