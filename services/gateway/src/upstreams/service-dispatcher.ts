import type { Duplex } from 'node:stream';
import { Dispatcher } from 'undici';
import type { Connections } from './connections.ts';
import {
  InvalidResponse,
  isBrokenConnection,
  isConnectFailure,
  isServiceFailure,
  NoReplicaAvailable,
} from './errors.ts';
import type { PendingRequest, PendingRequests } from './pending-requests.ts';
import type { Replica } from './replica.ts';
import type { Replicas } from './replicas.ts';

/** What requests to a replica are sent with. */
export interface Upstream extends PendingRequests {
  readonly connections: Connections;
  /** A response says that its connection ends with it. */
  announcedShutdown(): void;
}

type Controller = Dispatcher.DispatchController;
type Headers = Record<string, string | string[] | undefined>;

/** Most replicas at which one request is tried that none of them has got. */
const MOST_TRIES = 4;

/**
 * Sends each request to the next replica of a service, and on to another one where it cannot have had an effect: nothing
 * of it was sent, or it is safe, has no body, and the connection broke off. While no replica is available, it is held for
 * as long as the recovery of one is worth waiting for.
 */
export class ServiceDispatcher extends Dispatcher {
  readonly #replicas: Replicas<Upstream>;

  constructor(replicas: Replicas<Upstream>) {
    super();
    this.#replicas = replicas;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    new ServiceRequest(this.#replicas, options, handler).send(undefined);
    return true;
  }
}

/** A class and not closures: one is made for every request. */
class ServiceRequest implements Dispatcher.DispatchHandler, PendingRequest {
  since = -1;
  place = -1;
  readonly #replicas: Replicas<Upstream>;
  readonly #options: Dispatcher.DispatchOptions;
  readonly #handler: Dispatcher.DispatchHandler;
  #tries = 0;
  #replica: Replica<Upstream> | undefined;
  /** There once something of the request has been sent. */
  #controller: Controller | undefined;
  #aborted: Error | undefined;
  #responded = false;

  constructor(replicas: Replicas<Upstream>, options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) {
    this.#replicas = replicas;
    this.#options = options;
    this.#handler = handler;
  }

  send(failed: Replica<Upstream> | undefined): void {
    const replica = this.#replicas.next(failed);
    if ('waitMs' in replica) {
      void this.#replicas.recovery().then((recovered) => {
        if (recovered) this.send(failed);
        else this.#fail(undefined, new NoReplicaAvailable(replica.waitMs));
      });
      return;
    }
    this.#tries += 1;
    this.#replica = replica;
    this.#controller = undefined;
    this.#aborted = undefined;
    replica.subject.add(this);
    replica.subject.connections.pool().dispatch(this.#options, this);
  }

  /** In undici's queue a request cannot be found; it then fails when its turn comes. */
  abort(error: Error): void {
    if (this.#controller === undefined) this.#aborted = error;
    else this.#controller.abort(error);
  }

  #fail(controller: Controller | undefined, error: Error): void {
    // As undici itself does where there is no connection.
    this.#handler.onResponseError?.((controller ?? null) as unknown as Controller, error);
  }

  #respond(): Upstream | undefined {
    this.#responded = true;
    this.#replica?.succeeded();
    const upstream = this.#replica?.subject;
    upstream?.remove(this);
    upstream?.responded();
    return upstream;
  }

  onRequestStart(controller: Controller, context: unknown): void {
    if (this.#aborted !== undefined) throw this.#aborted;
    this.#controller = controller;
    this.#handler.onRequestStart?.(controller, context);
  }

  onRequestUpgrade(controller: Controller, status: number, headers: Headers, socket: Duplex): void {
    this.#respond();
    this.#handler.onRequestUpgrade?.(controller, status, headers, socket);
  }

  onResponseStarted(): void {
    this.#handler.onResponseStarted?.();
  }

  onResponseStart(controller: Controller, status: number, headers: Headers, text?: string): void {
    requireUnambiguous(status, headers['transfer-encoding']);
    if (status >= 200) {
      const upstream = this.#respond();
      // One that refuses may close for reasons of its own.
      if (status < 400 && headers.connection === 'close') upstream?.announcedShutdown();
    }
    this.#handler.onResponseStart?.(controller, status, headers, text);
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    this.#handler.onResponseData?.(controller, chunk);
  }

  onResponseEnd(controller: Controller, trailers: Headers): void {
    this.#handler.onResponseEnd?.(controller, trailers);
  }

  onResponseError(controller: Controller, error: Error): void {
    const replica = this.#replica;
    replica?.subject.remove(this);
    if (this.#responded || !isServiceFailure(error)) {
      this.#fail(controller, error);
      return;
    }
    const isSent = this.#controller !== undefined;
    // A kept-alive connection that was closed before anything was sent says nothing of the service.
    if (isSent || isConnectFailure(error)) replica?.failed(error);
    const again = isSent
      ? this.#tries === 1 && this.#isRepeatable() && isBrokenConnection(error)
      : this.#tries < MOST_TRIES;
    if (again) this.send(replica);
    else this.#fail(controller, error);
  }

  /** RFC 9110 §9.2.1: safe methods, and nothing of the request has been used up. */
  #isRepeatable(): boolean {
    const { method, body, upgrade } = this.#options;
    return (method === 'GET' || method === 'HEAD') && (body ?? null) === null && (upgrade ?? null) === null;
  }
}

/** What undici's parser lets through: another coding around chunks, whose body would be passed on as if it were plain. */
function requireUnambiguous(status: number, coding: string | string[] | undefined): void {
  if (status > 599) throw new InvalidResponse('status');
  if (coding !== undefined && String(coding).trim().toLowerCase() !== 'chunked')
    throw new InvalidResponse('Transfer-Encoding');
}
