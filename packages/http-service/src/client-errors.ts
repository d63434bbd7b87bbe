import { randomUUID } from 'node:crypto';
import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { endWithin } from './lingering-close.ts';
import { PROBLEM_MEDIA_TYPE, type Problem, problem, problemDocument } from './problem.ts';

/** Errors of Node's HTTP parser, by its codes; all others are syntax. */
const parserCodes: Readonly<Record<string, () => Problem>> = {
  HPE_HEADER_OVERFLOW: () => problem('headers_too_large'),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: () => problem('payload_too_large', { detail: 'The chunk extensions are too long.' }),
  ERR_HTTP_REQUEST_TIMEOUT: () => problem('request_timeout'),
};

/** The response in progress on a connection: Node keeps it there, and shows it nowhere else. */
type ServerSocket = Socket & { readonly _httpMessage?: ServerResponse | null };

/** Answers what never becomes a request of Fastify's, and closes: after a syntax error the bytes that follow mean nothing. */
export function answerClientError(error: Error & { code?: string }, socket: ServerSocket): void {
  const current = socket._httpMessage;
  // A client takes what comes next for the response to a request that it has sent whole.
  const isMistakable = current != null && (current.headersSent || current.req.complete);
  if (error.code === 'ECONNRESET' || !socket.writable || isMistakable) {
    socket.destroy();
    return;
  }
  const makeProblem = parserCodes[error.code ?? ''] ?? notHttp;
  socket.write(rawResponse(makeProblem()));
  endWithin(socket);
  // What is refused here, being late, must not be served when the rest comes after all.
  socket.pause();
}

/**
 * Refuses what Node would answer by itself, without a body or not at all: a missing Host header (RFC 9112 §3.2), unknown
 * expectations (RFC 9110 §10.1.1), CONNECT.
 */
export function refuseBadHeads(app: FastifyInstance): void {
  app.server.on('checkExpectation', app.routing);
  app.server.on('connect', (_request, socket: Socket) => {
    socket.on('error', () => socket.destroy());
    socket.write(rawResponse(problem('bad_request', { detail: 'CONNECT is not taken here.' })));
    endWithin(socket);
  });
  app.addHook('onRequest', ({ raw: { headers, httpVersion } }, _reply, done) => {
    // Servers of HTTP/1.0 know neither.
    if (httpVersion !== '1.1') done();
    else if (headers.host === undefined) done(problem('host_missing'));
    else if (headers.expect !== undefined && !/(?:^|\W)100-continue(?:$|\W)/i.test(headers.expect)) {
      done(problem('expectation_failed'));
    } else done();
  });
}

function notHttp(): Problem {
  return problem('bad_request', { detail: 'The request is not valid HTTP.' });
}

function rawResponse(subject: Problem): string {
  const requestId = randomUUID();
  const body = JSON.stringify(problemDocument(subject, requestId));
  return [
    `HTTP/1.1 ${subject.statusCode} ${STATUS_CODES[subject.statusCode]}`,
    'Connection: close',
    'Cache-Control: no-store',
    `X-Request-Id: ${requestId}`,
    `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}
