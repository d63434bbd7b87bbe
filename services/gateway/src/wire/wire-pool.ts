import type { AnswerReader, Exchange, WireBytes, WireRequest } from './exchange.ts';
import { writeHead } from './request-head.ts';
import { openWireConnection, type WireConnection, type WireConnectionOptions } from './wire-connection.ts';

export interface WirePoolOptions extends Omit<WireConnectionOptions, 'onFree' | 'onClosed'> {
  /** Host header. */
  readonly authority: string;
  readonly connections: number;
  /** Times in ticks of `tick`, which counts up a few times a second. */
  readonly headTicks: number;
  readonly silenceTicks: number;
  readonly idleTicks: number;
  readonly tick: () => number;
  /** Told when the head of an answer has come. */
  onHead(): void;
}

/** Connections to one address, each kept alive and used by one request at a time. */
export interface WirePool {
  /** Throws where the request cannot be written. */
  send(request: WireRequest, reader: AnswerReader): Exchange;
  /** The tick since which the head of an answer has been awaited for longest. */
  oldestWaiting(): number | undefined;
  /** Fails all that wait for the head of their answer. */
  cutWaiting(error: Error): void;
  /** Ends what takes too long, and connections that have been idle for long. To be called at every tick. */
  sweep(): void;
  retireIdle(): void;
  /** Resolves when nothing is under way any more, and ends the connections. */
  close(): Promise<void>;
  /** Ends all connections; what is under way on them fails. */
  destroy(error: Error): void;
}

interface Asked extends Exchange, AnswerReader {
  readonly bytes: WireBytes;
  connection: WireConnection | undefined;
  /** Its place among all that are asked; -1 when it is over. */
  place: number;
  /** The tick at which something last happened. */
  movedAt: number;
  hasHead: boolean;
}

/** A free connection, and since when. */
interface Idle {
  readonly connection: WireConnection;
  readonly since: number;
}

function late(code: string): Error {
  return Object.assign(new Error('the service takes too long'), { code });
}

/**
 * A client for one purpose: to send on a request that is in memory and to hand its answer through, at the least cost.
 * What needs more (bodies that stream, upgrades, TLS) goes through undici.
 */
export function createWirePool(options: WirePoolOptions): WirePool {
  const { tick } = options;
  const idle: Idle[] = [];
  /** In no order, so that each can be taken out at once. Not a Set: one that is filled and emptied all the time leaves a
   * trail of tables, each of which keeps the next from being collected. */
  const asked: Asked[] = [];
  const queue: Asked[] = [];
  let onDone: (() => void) | undefined;
  /** What every connection that is not idle works on. */
  const open = new Set<WireConnection>();

  function start(exchange: Asked): void {
    const connection = idle.pop()?.connection ?? (open.size < options.connections ? openConnection() : undefined);
    if (connection === undefined) {
      queue.push(exchange);
      return;
    }
    exchange.connection = connection;
    connection.send(exchange.bytes, exchange);
  }

  function remove(exchange: Asked): void {
    const last = asked.pop();
    if (last !== undefined && last !== exchange) {
      last.place = exchange.place;
      asked[exchange.place] = last;
    }
    exchange.place = -1;
    exchange.connection = undefined;
  }

  function openConnection(): WireConnection {
    const connection = openWireConnection({
      ...options,
      onFree(free) {
        idle.push({ connection: free, since: tick() });
        startNext();
        if (onDone !== undefined && asked.length === 0) closeIdle(() => true);
      },
      onClosed(closed) {
        open.delete(closed);
        const index = idle.findIndex((entry) => entry.connection === closed);
        if (index >= 0) idle.splice(index, 1);
        startNext();
        if (asked.length === 0) onDone?.();
      },
    });
    open.add(connection);
    return connection;
  }

  function startNext(): void {
    const next = queue.shift();
    if (next !== undefined) start(next);
  }

  function sweep(): void {
    const at = tick();
    for (const exchange of [...asked]) {
      if (exchange.connection?.isPaused()) exchange.movedAt = at;
      const most = exchange.hasHead ? options.silenceTicks : options.headTicks;
      if (at - exchange.movedAt <= most) continue;
      exchange.abort(late(exchange.hasHead ? 'UND_ERR_BODY_TIMEOUT' : 'UND_ERR_HEADERS_TIMEOUT'));
    }
    closeIdle((since) => at - since > options.idleTicks);
  }

  function closeIdle(which: (since: number) => boolean): void {
    for (const entry of idle.filter(({ since }) => which(since))) {
      idle.splice(idle.indexOf(entry), 1);
      entry.connection.destroy(new Error('not needed any more'));
    }
  }

  return {
    send(request, reader) {
      const exchange: Asked = {
        bytes: { method: request.method, head: writeHead(request, options.authority), body: request.body },
        connection: undefined,
        place: asked.length,
        movedAt: tick(),
        hasHead: false,
        onHead(status, headers) {
          exchange.hasHead = true;
          exchange.movedAt = tick();
          options.onHead();
          reader.onHead(status, headers);
        },
        onData(chunk) {
          exchange.movedAt = tick();
          reader.onData(chunk);
        },
        onLull: () => reader.onLull(),
        onEnd() {
          remove(exchange);
          reader.onEnd();
        },
        onFailure(error) {
          remove(exchange);
          reader.onFailure(error);
        },
        abort(error) {
          if (exchange.place < 0) return;
          if (exchange.connection !== undefined) {
            exchange.connection.destroy(error);
            return;
          }
          queue.splice(queue.indexOf(exchange), 1);
          exchange.onFailure(error);
        },
        pause: () => exchange.connection?.pause(),
        resume: () => exchange.connection?.resume(),
      };
      asked.push(exchange);
      start(exchange);
      return exchange;
    },
    oldestWaiting() {
      let oldest: number | undefined;
      for (const { hasHead, movedAt } of asked) {
        if (!hasHead && (oldest === undefined || movedAt < oldest)) oldest = movedAt;
      }
      return oldest;
    },
    cutWaiting(error) {
      for (const exchange of [...asked]) if (!exchange.hasHead) exchange.abort(error);
    },
    sweep,
    retireIdle: () => closeIdle(() => true),
    close() {
      closeIdle(() => true);
      if (asked.length === 0) return Promise.resolve();
      return new Promise((resolve) => {
        onDone = resolve;
      });
    },
    destroy(error) {
      for (const exchange of [...asked]) exchange.abort(error);
      for (const connection of [...open]) connection.destroy(error);
    },
  };
}
