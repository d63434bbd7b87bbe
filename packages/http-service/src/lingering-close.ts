import { type IncomingMessage, type OutgoingHttpHeader, type OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';

/** How long a client may go on to send what is thrown away, in milliseconds, so that it gets to read the response. */
const LINGER_MS = 2_000;

/**
 * Class of responses that close their connection where the body of the request has not come whole when they begin (413,
 * 401, 408, …). Kept open, the connection would live for as long as the client sends the rest drop by drop; closed at
 * once, a reset could overtake the response (RFC 9112 §9.6). Every response goes through it, those of Node's own too.
 */
export function lingeringResponses(lingerMs = LINGER_MS): typeof ServerResponse {
  class LingeringResponse extends ServerResponse<IncomingMessage> {
    override writeHead(
      status: number,
      reasonOrHeaders?: string | OutgoingHttpHeaders | OutgoingHttpHeader[],
      headers?: OutgoingHttpHeaders | OutgoingHttpHeader[],
    ): this {
      if (isBodyOutstanding(this.req)) {
        this.shouldKeepAlive = false;
        const { socket } = this.req;
        socket.destroySoon = () => closeAfterRequest(this.req, socket, lingerMs);
      }
      return super.writeHead(status, reasonOrHeaders as string, headers);
    }
  }
  return LingeringResponse as typeof ServerResponse;
}

/**
 * Lets a body that is in the same packet as the head arrive before a refusal that is ready at once is sent: such a
 * request costs its client no connection.
 */
export function awaitBodiesOfSamePacket(app: FastifyInstance): void {
  app.addHook('onSend', (request, _reply, _payload, done) => {
    if (isBodyOutstanding(request.raw)) setImmediate(() => done());
    else done();
  });
}

/** Sends the end of the stream to the other side, which may go on for so long, and then closes the connection. */
export function endWithin(socket: Duplex, ms = LINGER_MS): void {
  const timer = setTimeout(() => socket.destroy(), ms);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
  socket.end();
}

function closeAfterRequest(request: IncomingMessage, socket: Socket, lingerMs: number): void {
  const close = () => Socket.prototype.destroySoon.call(socket);
  if (request.complete) close();
  else {
    endWithin(socket, lingerMs);
    request.once('end', close).resume();
  }
}

/** RFC 9112 §6.3: a request without either header has no body. */
function isBodyOutstanding({ complete, headers }: IncomingMessage): boolean {
  if (complete) return false;
  const length = headers['content-length'];
  return length === undefined ? headers['transfer-encoding'] !== undefined : length !== '0';
}
