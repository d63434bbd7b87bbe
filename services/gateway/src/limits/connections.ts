import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { networkOf } from '@gaia/http-service/client-network';

export interface ConnectionLimits {
  /** Of all clients together. */
  readonly most: number;
  /** Of one address; undefined where proxies stand before the gateway, whose address says nothing of the client. */
  readonly mostOfAddress: number | undefined;
  readonly idleMs: number;
  /** Time for the head of a request; 15 seconds if not said. */
  readonly headMs?: number;
  /** How often Node looks for heads that take too long; every 2 seconds if not said. */
  readonly lookEveryMs?: number;
}

const HEAD_MS = 15_000;
const LOOK_EVERY_MS = 2_000;

/**
 * An upload of any size may take its time as long as it moves, so the whole request has no limit; its head has, and so
 * has silence. All headers are kept: what Node leaves out silently could be what a service would have refused.
 */
export function limitConnections(server: Server, limits: ConnectionLimits): void {
  server.headersTimeout = limits.headMs ?? HEAD_MS;
  server.requestTimeout = 0;
  server.maxHeadersCount = 0;
  server.maxConnections = limits.most;
  Object.assign(server, { connectionsCheckingInterval: limits.lookEveryMs ?? LOOK_EVERY_MS });
  server.setTimeout(limits.idleMs);
  const { mostOfAddress } = limits;
  if (mostOfAddress !== undefined) limitByAddress(server, mostOfAddress);
}

function limitByAddress(server: Server, most: number): void {
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const address = networkOf(socket.remoteAddress ?? '');
    const count = (open.get(address) ?? 0) + 1;
    if (count > most) {
      socket.destroy();
      return;
    }
    open.set(address, count);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
  });
}
