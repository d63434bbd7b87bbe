import type { ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import { responseHeaders, type ServiceHeaders } from './response-headers.ts';

export interface RelayResponse {
  readonly outgoing: ServerResponse;
  /** Called when the response's head has come and is about to be written: from then on the response is not ours. */
  takeOver(): void;
  /** Headers that the gateway adds, names and values in turns; they replace the service's of the same name. */
  ownHeaders(): readonly string[];
  /** Called when the response is a stream of events, which may go on for hours. */
  onEvents?(): void;
  /** Sees a 401 before the client does. True where the request may be sent once more with other credentials. */
  onUnauthorized?: ((challenge: string) => Promise<boolean>) | undefined;
}

/** How a request ended: `sent` (all of the response, or cut off on one side), `again`: it may be sent anew. */
export type RelayOutcome = 'sent' | 'again';

/** A body up to this length is written in one piece with the head, in bytes. */
const ONE_PIECE = 16_384;

/** The service's response was set aside for another try. */
class SetAside extends Error {}

class ClientDisconnected extends Error {
  constructor() {
    super('the client has disconnected');
  }
}

/**
 * Sends a request to a service and streams the response back, with back-pressure both ways and nothing held in memory.
 * A client that disconnects aborts the request; a service that breaks off within its response cuts the client's
 * connection, so that half a response is never taken for a whole one. Rejects with undici's error when no response came.
 */
export function relay(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  response: RelayResponse,
): Promise<RelayOutcome> {
  if (response.outgoing.destroyed) {
    response.takeOver();
    return Promise.resolve('sent');
  }
  return new Promise((resolve, reject) => {
    dispatcher.dispatch(request, new Relay(response, resolve, reject));
  });
}

type Controller = Dispatcher.DispatchController;

/** A class and not closures: one is made for every request. */
class Relay implements Dispatcher.DispatchHandler {
  readonly #response: RelayResponse;
  readonly #outgoing: ServerResponse;
  readonly #resolve: (outcome: RelayOutcome) => void;
  readonly #reject: (error: Error) => void;
  #controller: Controller | undefined;
  #settled = false;
  #headWritten = false;
  #bodyBegun = false;
  /** Whether the turn of the event loop is over in which the head was written. */
  #turnOver = false;
  #ended = false;
  /** What has come while it is decided whether the response counts. */
  #held: Buffer[] | undefined;
  /** The first piece of the body, held back until it is known whether more follows: one write is cheaper than two. */
  #first: Buffer | undefined;

  constructor(response: RelayResponse, resolve: (outcome: RelayOutcome) => void, reject: (error: Error) => void) {
    this.#response = response;
    this.#outgoing = response.outgoing;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#outgoing.on('close', () => {
      if (!this.#settled && !this.#outgoing.writableFinished) this.#controller?.abort(new ClientDisconnected());
    });
  }

  onRequestStart(controller: Controller): void {
    // It may have waited in a queue; to throw leaves the connection to the next one.
    if (this.#outgoing.destroyed) throw new ClientDisconnected();
    this.#controller = controller;
  }

  onResponseStart(_controller: Controller, status: number, headers: ServiceHeaders): void {
    // Interim responses (RFC 9110 §15.2) end here.
    if (status < 200) return;
    if (status === 401 && this.#response.onUnauthorized !== undefined) {
      this.#decide(headers, this.#response.onUnauthorized(String(headers['www-authenticate'] ?? '')));
    } else this.#writeHead(status, headers);
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    if (this.#held === undefined) this.#write(chunk);
    else this.#held.push(chunk);
  }

  onResponseEnd(): void {
    this.#ended = true;
    if (this.#held !== undefined) return;
    if (this.#turnOver) this.#outgoing.end();
    this.#settle('sent');
  }

  onResponseError(_controller: Controller | null, error: Error): void {
    this.#held = undefined;
    if (this.#settled) return;
    if (this.#headWritten || this.#outgoing.destroyed) {
      this.#outgoing.destroy();
      this.#response.takeOver();
      this.#settle('sent');
    } else {
      this.#settled = true;
      this.#reject(error);
    }
  }

  #settle(outcome: RelayOutcome): void {
    this.#settled = true;
    this.#resolve(outcome);
  }

  #writeHead(status: number, headers: ServiceHeaders): void {
    this.#headWritten = true;
    this.#response.takeOver();
    this.#outgoing.writeHead(status, responseHeaders(headers, this.#response.ownHeaders()));
    if (String(headers['content-type'] ?? '').startsWith('text/event-stream')) this.#response.onEvents?.();
    this.#scheduleFlush();
  }

  #decide(headers: ServiceHeaders, decision: Promise<boolean>): void {
    const held: Buffer[] = [];
    this.#held = held;
    this.#controller?.pause();
    decision.then(
      (again) => {
        if (this.#settled) return;
        this.#held = undefined;
        if (again) {
          this.#settle('again');
          this.#controller?.abort(new SetAside());
          return;
        }
        this.#writeHead(401, headers);
        for (const chunk of held) this.#write(chunk);
        if (this.#ended) this.#settle('sent');
        else this.#controller?.resume();
      },
      (error: Error) => {
        if (this.#settled) return;
        this.#settled = true;
        this.#reject(error);
        this.#controller?.abort(error);
      },
    );
  }

  #write(chunk: Buffer): void {
    if (!this.#turnOver && !this.#bodyBegun && chunk.length <= ONE_PIECE) this.#first = chunk;
    else {
      if (this.#first !== undefined) this.#send(this.#first);
      this.#first = undefined;
      this.#send(chunk);
    }
    this.#bodyBegun = true;
  }

  #send(chunk: Buffer): void {
    if (this.#outgoing.write(chunk) || this.#controller === undefined) return;
    const controller = this.#controller;
    if (!controller.paused) this.#outgoing.once('drain', () => controller.resume());
    controller.pause();
  }

  /**
   * At the end of this turn of the event loop, when all that has come in it is here: responses that are written together
   * wake the client once. What is there goes out; where no body is there yet (events, long polls), the head alone.
   */
  #scheduleFlush(): void {
    setImmediate(endTurn, this);
  }

  endTurn(): void {
    const outgoing = this.#outgoing;
    const first = this.#first;
    this.#turnOver = true;
    this.#first = undefined;
    if (this.#ended) {
      if (first === undefined) outgoing.end();
      else outgoing.end(first.toString('latin1'), 'latin1');
    } else if (outgoing.destroyed) return;
    else if (first !== undefined) this.#send(first);
    else if (!this.#bodyBegun) outgoing.flushHeaders();
  }
}

function endTurn(relay: Relay): void {
  relay.endTurn();
}
