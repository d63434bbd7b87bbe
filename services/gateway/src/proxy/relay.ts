import type { ServerResponse } from 'node:http';
import type { ServiceBackend, ServiceRequest } from '../upstreams/backend.ts';
import type { Exchange } from '../wire/exchange.ts';
import { passResponseHeaders } from './response-headers.ts';

export interface RelayRequest extends ServiceRequest {
  readonly backend: Pick<ServiceBackend, 'send'>;
}

export interface RelayAnswer {
  readonly outgoing: ServerResponse;
  /** Called when the head of the answer has come and is about to be written: from then on the answer is not ours. */
  takeOver(): void;
  /** Headers that the gateway adds, names and values in turns; they replace the service's of the same name. */
  ownHeaders(): readonly string[];
  /** Called when the answer is a stream of events, which may go on for hours. */
  onEvents?(): void;
  /**
   * Sees a 401 before the client does. Gives headers to add (names and values in turns), or `again` where the request
   * may be sent once more with other credentials.
   */
  onUnauthorized?: ((challenge: string) => Promise<readonly string[] | 'again'>) | undefined;
}

/** How an exchange ended: `sent` (all of it, or cut off on one side), `again`: nothing was sent, and it may be tried anew. */
export type RelayOutcome = 'sent' | 'again';

/** A body up to this length is written in one piece with the head, in bytes. */
const ONE_PIECE = 16_384;

/** The service's answer was set aside for another try. */
class SetAside extends Error {}

/** The client went away. */
class ClientGone extends Error {}

/**
 * Sends a request to a service and streams the answer back, with back-pressure both ways and nothing held in memory.
 * A client that goes away aborts the request; a service that breaks off within its answer cuts the client's connection,
 * so that half an answer is never taken for a whole one. Rejects with the connection's error when no answer came.
 */
export function relay(request: RelayRequest, answer: RelayAnswer): Promise<RelayOutcome> {
  const { outgoing } = answer;
  if (outgoing.destroyed) {
    answer.takeOver();
    return Promise.resolve('sent');
  }
  return new Promise((resolve, reject) => {
    let headWritten = false;
    let headFlushed = false;
    /** What has come while it is decided whether the answer counts. */
    let deciding: { readonly pieces: Buffer[]; whole: boolean } | undefined;
    /** The first piece of the body, held back until it is known whether more follows: one write is cheaper than two. */
    let first: Buffer | undefined;

    const onClientClose = (): void => {
      if (!outgoing.writableFinished) exchange.abort(new ClientGone('the client went away'));
    };
    const onDrain = (): void => exchange.resume();
    outgoing.on('close', onClientClose).on('drain', onDrain);

    function settle(): void {
      outgoing.off('close', onClientClose).off('drain', onDrain);
    }

    function writeHead(status: number, headers: readonly string[], added: readonly string[]): void {
      headWritten = true;
      answer.takeOver();
      outgoing.writeHead(status, replaceHeaders(headers, answer.ownHeaders(), added));
      if (firstOf(headers, 'content-type').startsWith('text/event-stream')) answer.onEvents?.();
    }

    function write(chunk: Buffer): void {
      if (!headFlushed && first === undefined && chunk.length <= ONE_PIECE) first = chunk;
      else {
        flush();
        if (!outgoing.write(chunk)) exchange.pause();
      }
    }

    /** What is there goes out; where the body is not there yet (events, long polls), the head alone. */
    function flush(): void {
      if (!headWritten || outgoing.destroyed) return;
      const piece = first;
      first = undefined;
      if (piece !== undefined) {
        if (!outgoing.write(piece)) exchange.pause();
      } else if (!headFlushed) outgoing.flushHeaders();
      headFlushed = true;
    }

    function finish(): void {
      settle();
      // Together with the other answers of this turn of the event loop; see wire-connection.ts.
      setImmediate(() => {
        if (first === undefined) outgoing.end();
        else outgoing.end(first.toString('latin1'), 'latin1');
      });
      resolve('sent');
    }

    function decide(status: number, headers: readonly string[], challenge: string): void {
      const held: { pieces: Buffer[]; whole: boolean } = { pieces: [], whole: false };
      deciding = held;
      exchange?.pause();
      answer.onUnauthorized?.(challenge).then(
        (decision) => {
          if (deciding === undefined) return;
          deciding = undefined;
          if (decision === 'again') {
            if (!held.whole) exchange.abort(new SetAside('the answer was set aside'));
            settle();
            resolve('again');
            return;
          }
          if (outgoing.destroyed) return;
          writeHead(status, headers, decision);
          for (const piece of held.pieces) write(piece);
          if (held.whole) finish();
          else exchange.resume();
        },
        (error: Error) => {
          if (held.whole) {
            settle();
            reject(error);
          } else exchange.abort(error);
        },
      );
    }

    const exchange: Exchange = request.backend.send(request, {
      onHead(status, raw) {
        const headers = passResponseHeaders(raw);
        if (status !== 401 || answer.onUnauthorized === undefined) writeHead(status, headers, []);
        else decide(status, headers, firstOf(raw, 'www-authenticate'));
      },
      onData(chunk) {
        if (deciding === undefined) write(chunk);
        else deciding.pieces.push(chunk);
      },
      onLull: flush,
      onEnd() {
        if (deciding === undefined) finish();
        else deciding.whole = true;
      },
      onFailure(error) {
        deciding = undefined;
        settle();
        if (error instanceof SetAside) resolve('again');
        else if (headWritten || outgoing.destroyed) {
          outgoing.destroy();
          answer.takeOver();
          resolve('sent');
        } else {
          reject(error);
        }
      },
    });
  });
}

function replaceHeaders(headers: readonly string[], own: readonly string[], added: readonly string[]): string[] {
  const all: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    // What an answer depends on adds up.
    if (name === 'vary' || (!names(own, name) && !names(added, name))) all.push(name, headers[index + 1] as string);
  }
  for (const list of [own, added]) for (const part of list) all.push(part);
  return all;
}

function names(list: readonly string[], name: string): boolean {
  for (let index = 0; index < list.length; index += 2) if (list[index] === name) return true;
  return false;
}

function firstOf(headers: readonly string[], name: string): string {
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index] === name) return headers[index + 1] as string;
  }
  return '';
}
