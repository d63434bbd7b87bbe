import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyInstance {
    farewell: Farewell;
  }
}

export interface Farewell {
  /** Whether the service is about to end: every answer is then the last one on its connection. */
  underWay(): boolean;
  /**
   * From now on every answer closes its connection, and `/ready` is 503, while new requests are still taken: whoever has
   * connections open learns that the service ends before it does, and loses nothing (RFC 9112 §9.6). Resolves when no
   * connection is left, or after `longestMs`.
   */
  say(longestMs: number): Promise<void>;
}

const LOOK_EVERY_MS = 20;

export function registerFarewell(app: FastifyInstance): void {
  let underWay = false;
  app.decorate('farewell', {
    underWay: () => underWay,
    async say(longestMs) {
      underWay = true;
      for (let waited = 0; waited < longestMs && (await connectionsOf(app.server)) > 0; waited += LOOK_EVERY_MS) {
        await sleep(LOOK_EVERY_MS);
      }
    },
  } satisfies Farewell);
  app.addHook('preClose', async () => {
    underWay = true;
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (underWay) reply.header('connection', 'close');
    done();
  });
}

export function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve) => server.getConnections((error, count) => resolve(error ? 0 : count)));
}
