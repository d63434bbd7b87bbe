import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyInstance {
    shutdown: GracefulShutdown;
  }
}

export interface GracefulShutdown {
  /** Whether the service is about to end: every response is then the last one on its connection. */
  isDraining(): boolean;
  /**
   * From now on every response closes its connection, and `/ready` is 503, while new requests are still taken: clients
   * with open connections learn that the service ends before it does, and lose nothing (RFC 9112 §9.6). Resolves when no
   * connection is left, or after `longestMs`.
   */
  drain(longestMs: number): Promise<void>;
  /**
   * Destroys every connection that is open after so long, and each that comes later: closing waits for open requests,
   * and a client that sends or reads drop by drop would keep it waiting for ever.
   */
  cutConnectionsAfter(ms: number): void;
}

const POLL_MS = 20;

export function registerGracefulShutdown(app: FastifyInstance): void {
  // Node's own list has no upgraded connections (WebSockets).
  const open = new Set<Socket>();
  let draining = false;
  let cut = false;
  app.server.on('connection', (socket: Socket) => {
    if (cut) return void socket.destroy();
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  app.decorate('shutdown', {
    isDraining: () => draining,
    async drain(longestMs) {
      draining = true;
      for (let waited = 0; waited < longestMs && (await connectionsOf(app.server)) > 0; waited += POLL_MS) {
        await sleep(POLL_MS);
      }
    },
    cutConnectionsAfter(ms) {
      setTimeout(() => {
        cut = true;
        for (const socket of open) socket.destroy();
      }, ms).unref();
    },
  } satisfies GracefulShutdown);
  app.addHook('preClose', async () => {
    draining = true;
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (draining) reply.header('connection', 'close');
    done();
  });
}

export function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve) => server.getConnections((error, count) => resolve(error ? 0 : count)));
}
