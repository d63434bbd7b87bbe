import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';
import { connectionsOf } from '@gaia/http-service/graceful-shutdown';
import type { FastifyInstance } from 'fastify';

const LOOK_EVERY_MS = 20;

/**
 * Before the gateway ends, connections that are kept alive get a while in which their next answer tells the client to
 * close them. Cut off at once, each could lose a request that is on its way (RFC 9112 §9.6).
 */
export function drainBeforeClosing(
  app: Pick<FastifyInstance, 'addHook'>,
  server: Server,
  options: { readonly longestMs: number; readonly sleep: (ms: number) => Promise<void> },
): void {
  app.addHook('preClose', async () => {
    // In this phase of the loop all connections that have been made are taken; one that is not is lost with the listener.
    await new Promise((resolve) => setImmediate(resolve));
    stopAccepting(server);
    for (let waited = 0; waited < options.longestMs; waited += LOOK_EVERY_MS) {
      if ((await connectionsOf(server)) === 0) return;
      await options.sleep(LOOK_EVERY_MS);
    }
  });
}

/**
 * Lets nobody new in and leaves the connections that are open alone; `close` of an HTTP server would cut off those that
 * are idle at this moment. A later `close` then only waits for the last of them.
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
