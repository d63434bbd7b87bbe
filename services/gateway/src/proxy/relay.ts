import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { passResponseHeaders } from './response-headers.ts';

export interface RelayRequest {
  readonly dispatcher: Dispatcher;
  readonly method: Dispatcher.HttpMethod;
  /** Path and query, as they go over the wire. */
  readonly path: string;
  /** Names and values in turns. */
  readonly headers: string[];
  readonly body: Readable | null;
}

export interface RelayAnswer {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  /** Called when the head of the answer has come and is about to be written: from then on the answer is not ours. */
  takeOver(): void;
  /** Headers that the gateway adds, names and values in turns; they replace the service's of the same name. */
  ownHeaders(): readonly string[];
  /**
   * Sees a 401 before the client does. Gives headers to add (names and values in turns), or `again` where the request
   * may be sent once more with other credentials.
   */
  onUnauthorized?: ((challenge: string) => Promise<readonly string[] | 'again'>) | undefined;
}

/** How an exchange ended: `sent` (all of it, or cut off on one side), `again`: nothing was sent, and it may be tried anew. */
export type RelayOutcome = 'sent' | 'again';

/** A client that stops sending a body that nobody wants any more is waited for so long, in milliseconds. */
const LINGER_MS = 2_000;

/** The service's answer was set aside for another try. */
class SetAside extends Error {}

/** The client went away. */
class ClientGone extends Error {}

/**
 * Sends a request to a service and streams the answer back, with back-pressure both ways and nothing held in memory.
 * A client that goes away aborts the request; a service that breaks off within its answer cuts the client's connection,
 * so that half an answer is never taken for a whole one. Rejects with undici's error when no answer came.
 */
export function relay(request: RelayRequest, answer: RelayAnswer): Promise<RelayOutcome> {
  const { incoming, outgoing } = answer;
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let headWritten = false;
    let bodyWritten = false;
    let settled = false;

    const onClientClose = (): void => {
      if (!outgoing.writableFinished) controller?.abort(new ClientGone('the client went away'));
    };
    const onDrain = (): void => controller?.resume();
    outgoing.on('close', onClientClose).on('drain', onDrain);

    function settle(finish: () => void): void {
      if (settled) return;
      settled = true;
      outgoing.off('close', onClientClose).off('drain', onDrain);
      finish();
    }

    function writeHead(status: number, headers: readonly string[], added: readonly string[]): void {
      headWritten = true;
      answer.takeOver();
      const own = [...answer.ownHeaders(), ...added];
      outgoing.writeHead(status, replaceHeaders(headers, own));
      // The head goes out with the first bytes; where those are not there yet (events, long polls), at once.
      setImmediate(() => {
        if (!bodyWritten && !outgoing.writableEnded && !outgoing.destroyed) outgoing.flushHeaders();
      });
    }

    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(started) {
        controller = started;
        if (outgoing.destroyed) started.abort(new ClientGone('the client went away'));
      },
      onResponseStart(current, status, parsed) {
        // RFC 9110 §15.2: interim answers are for this hop; 101 cannot come, since Upgrade is never sent.
        if (status < 200) return;
        const headers = passResponseHeaders((current.rawHeaders ?? []) as readonly (Buffer | string)[]);
        if (status !== 401 || answer.onUnauthorized === undefined) {
          writeHead(status, headers, []);
          return;
        }
        current.pause();
        answer.onUnauthorized(String(parsed['www-authenticate'] ?? '')).then(
          (decision) => {
            if (decision === 'again') {
              current.abort(new SetAside('the answer was set aside'));
              return;
            }
            if (!outgoing.destroyed) writeHead(status, headers, decision);
            current.resume();
          },
          (error: Error) => current.abort(error),
        );
      },
      onResponseData(current, chunk) {
        bodyWritten = true;
        if (!outgoing.write(chunk)) current.pause();
      },
      onResponseEnd() {
        bodyWritten = true;
        settle(() => {
          outgoing.end();
          lingerOver(incoming, outgoing);
          resolve('sent');
        });
      },
      onResponseError(_current, error) {
        settle(() => {
          if (error instanceof SetAside) resolve('again');
          else if (headWritten || outgoing.destroyed) {
            outgoing.destroy();
            answer.takeOver();
            resolve('sent');
          } else {
            lingerOver(incoming, outgoing);
            reject(error);
          }
        });
      },
    };

    request.dispatcher.dispatch(
      { method: request.method, path: request.path, headers: request.headers, body: request.body },
      handler,
    );
  });
}

/**
 * A service may answer before it has read all of a body (413, 401). What the client still sends is thrown away for a
 * while, so that it gets to read the answer, and then the connection is closed (RFC 9112 §9.6).
 */
function lingerOver(incoming: IncomingMessage, outgoing: ServerResponse): void {
  if (incoming.complete || incoming.destroyed) return;
  outgoing.once('finish', () => {
    incoming.resume();
    const timer = setTimeout(() => incoming.socket.destroy(), LINGER_MS);
    timer.unref();
    incoming.once('end', () => clearTimeout(timer));
  });
}

function replaceHeaders(headers: readonly string[], own: readonly string[]): string[] {
  const replaced = new Set<string>();
  for (let index = 0; index < own.length; index += 2) replaced.add(own[index] as string);
  const all: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    if (!replaced.has(headers[index] as string)) all.push(headers[index] as string, headers[index + 1] as string);
  }
  all.push(...own);
  return all;
}
