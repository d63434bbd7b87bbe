import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { endWithin } from '@gaia/http-service/lingering-close';
import type { FastifyInstance } from 'fastify';
import type { Dispatcher } from 'undici';

/** A client's connection that asks to become a WebSocket (RFC 6455 §4.1). */
export interface Upgrade {
  readonly socket: Duplex;
  /** What has come behind the request. */
  readonly head: Buffer;
  readonly response: ServerResponse;
}

export interface Upgrades {
  of(incoming: IncomingMessage): Upgrade | undefined;
}

const KEEP_ALIVE_MS = 30_000;

/** Only a WebSocket is an upgrade; what asks for anything else (`h2c`) is an ordinary request (RFC 9110 §7.8). */
function isWebSocket(incoming: IncomingMessage): boolean {
  return incoming.method === 'GET' && incoming.headers.upgrade?.toLowerCase() === 'websocket';
}

/** Leads upgrade requests through the app's hooks and routes like all others, so that nothing of them is left out. */
export function takeUpgrades(app: Pick<FastifyInstance, 'routing'>, server: Server): Upgrades {
  const upgrades = new WeakMap<IncomingMessage, Upgrade>();
  Object.assign(server, { shouldUpgradeCallback: isWebSocket });
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    const response = new ServerResponse(incoming);
    // A refusal is written as an answer like any other, and is the last thing on the connection.
    response.shouldKeepAlive = false;
    response.assignSocket(socket as IncomingMessage['socket']);
    response.once('finish', () => endWithin(socket));
    socket.on('error', () => socket.destroy());
    upgrades.set(incoming, { socket, head, response });
    app.routing(incoming, response);
  });
  return { of: (incoming) => upgrades.get(incoming) };
}

/**
 * Asks the service for the upgrade and then carries bytes both ways, with back-pressure, until one side ends.
 * Rejects with undici's error where the service does not agree.
 */
export async function tunnel(
  dispatcher: Dispatcher,
  upgrade: Upgrade,
  request: { readonly path: string; readonly headers: string[] },
  takeOver: () => void,
): Promise<void> {
  const { socket, head, response } = upgrade;
  const agreed = await dispatcher.upgrade({ ...request, method: 'GET', protocol: 'websocket' });
  takeOver();
  response.detachSocket(socket as IncomingMessage['socket']);
  const client = socket as IncomingMessage['socket'];
  client.setTimeout(0);
  client.setKeepAlive(true, KEEP_ALIVE_MS);
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket'];
  for (const [name, value] of Object.entries(agreed.headers)) {
    if (/^sec-websocket-/.test(name) && typeof value === 'string') lines.push(`${name}: ${value}`);
  }
  client.write(`${lines.join('\r\n')}\r\n\r\n`);
  if (head.length > 0) agreed.socket.write(head);
  join(client, agreed.socket);
  join(agreed.socket, client);
}

function join(from: Duplex, to: Duplex): void {
  from.pipe(to);
  from.on('error', () => to.destroy());
  from.on('close', () => to.destroy());
}
