import { type Dispatcher, Pool } from 'undici';
import type { Payload } from '../proxy/request-body.ts';
import type { AnswerReader, Exchange, WireRequest } from '../wire/exchange.ts';
import { createWirePool } from '../wire/wire-pool.ts';
import { patientConnector } from './patient-connector.ts';
import type { Backend } from './replica.ts';
import { exchangeByUndici } from './undici-exchange.ts';
import { LOOK_EVERY_MS } from './watch.ts';

export interface BackendOptions {
  readonly origin: URL;
  /** Where the name of the origin is looked for; undefined: wherever the system finds it. */
  readonly address: string | undefined;
  /** Most connections. */
  readonly connections: number;
  readonly connectTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** Counts up a few times a second: time as coarse as is needed here, and free. */
  readonly tick: () => number;
  /** Told when an answer says that its connection ends with it. */
  readonly onFarewell: () => void;
}

/** A request that is sent on. */
export interface ServiceRequest extends Omit<WireRequest, 'body'> {
  readonly body: Payload | null;
}

/** What requests are sent with. */
export interface ServiceBackend extends Backend {
  /** Throws where the request cannot be written. */
  send(request: ServiceRequest, reader: AnswerReader): Exchange;
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean;
  upgrade(options: Dispatcher.UpgradeOptions): Promise<Dispatcher.UpgradeData>;
  destroy(): Promise<void>;
}

interface Waiting {
  readonly since: number;
  controller: Dispatcher.DispatchController | undefined;
}

/** Above this a service could refuse a body before it has read it; undici waits for such answers. */
const SMALL_BODY = 16_384;
const IDLE_MS = 30_000;

/** The connections to one address of a service. */
export function openBackend(options: BackendOptions): ServiceBackend {
  const { tick } = options;
  const pools = new Set<Pool>();
  const waiting = new Set<Waiting>();
  let pool = openPool();
  let lastAnswer = -1;
  const inTicks = (ms: number): number => Math.ceil(ms / LOOK_EVERY_MS);
  const { origin } = options;
  const wire = createWirePool({
    host: options.address ?? origin.hostname.replace(/^\[|\]$/g, ''),
    port: Number(origin.port || 80),
    authority: origin.host,
    connections: options.connections,
    connectTimeoutMs: options.connectTimeoutMs,
    headTicks: inTicks(options.headersTimeoutMs),
    silenceTicks: inTicks(options.idleTimeoutMs),
    idleTicks: inTicks(IDLE_MS),
    tick,
    onFarewell: options.onFarewell,
    onHead: () => {
      lastAnswer = tick();
    },
  });

  function goesByWire(body: Payload | null): body is Buffer | null {
    return origin.protocol === 'http:' && (body === null || (Buffer.isBuffer(body) && body.length <= SMALL_BODY));
  }

  function openPool(): Pool {
    const opened = new Pool(options.origin.origin, {
      connections: options.connections,
      pipelining: 1,
      connect: patientConnector({ timeoutMs: options.connectTimeoutMs, address: options.address }),
      headersTimeout: options.headersTimeoutMs,
      bodyTimeout: options.idleTimeoutMs,
      keepAliveTimeout: IDLE_MS,
      maxHeaderSize: 32_768,
    });
    pools.add(opened);
    return opened;
  }

  async function closePool(closing: Pool): Promise<void> {
    await closing.close().catch(() => {});
    pools.delete(closing);
  }

  /** Notes who waits for the head of an answer, and the answers that say farewell. */
  function watched(handler: Dispatcher.DispatchHandler): Dispatcher.DispatchHandler {
    const entry: Waiting = { since: tick(), controller: undefined };
    waiting.add(entry);
    return {
      onRequestStart(controller, context) {
        entry.controller = controller;
        handler.onRequestStart?.(controller, context);
      },
      onResponseStart(controller, status, headers, text) {
        if (status >= 200) {
          waiting.delete(entry);
          lastAnswer = tick();
          if (status < 400 && headers.connection === 'close') options.onFarewell();
        }
        return handler.onResponseStart?.(controller, status, headers, text);
      },
      onResponseStarted: () => handler.onResponseStarted?.(),
      onResponseData: (controller, chunk) => handler.onResponseData?.(controller, chunk),
      onResponseEnd: (controller, trailers) => handler.onResponseEnd?.(controller, trailers),
      onResponseError(controller, error) {
        waiting.delete(entry);
        handler.onResponseError?.(controller, error);
      },
    };
  }

  const dispatch: ServiceBackend['dispatch'] = (request, handler) => pool.dispatch(request, watched(handler));

  return {
    send(request, reader) {
      const { method, path, body } = request;
      if (goesByWire(body)) return wire.send({ ...request, body }, reader);
      const headers = [...request.headers];
      // Iterables are taken, though the type does not say so.
      const taken = body as unknown as Buffer;
      return exchangeByUndici(
        { dispatch },
        { method: method as Dispatcher.HttpMethod, path, headers, body: taken },
        reader,
      );
    },
    dispatch,
    upgrade: (request) => pool.upgrade(request),
    oldestWaiting() {
      const [one, other] = [waiting.values().next().value?.since, wire.oldestWaiting()];
      return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
    },
    lastAnswer: () => lastAnswer,
    cutWaiting(error) {
      wire.cutWaiting(error);
      for (const { controller } of [...waiting]) controller?.abort(error);
    },
    sweep: wire.sweep,
    retireIdle() {
      wire.retireIdle();
      const retired = pool;
      pool = openPool();
      void closePool(retired);
    },
    close: async () => {
      await Promise.all([wire.close(), closePool(pool)]);
    },
    destroy: async () => {
      wire.destroy(new Error('the gateway ends'));
      await Promise.all([...pools].map((open) => open.destroy()));
    },
  };
}
