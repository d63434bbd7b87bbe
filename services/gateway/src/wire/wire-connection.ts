import { connect } from 'node:net';
import { type AnswerParser, createAnswerParser } from './answer-parser.ts';
import type { AnswerReader, WireBytes } from './exchange.ts';

export interface WireConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly connectTimeoutMs: number;
  /** The connection has carried an answer and may carry the next. */
  onFree(connection: WireConnection): void;
  /** An answer that was no refusal has said that the connection ends with it. */
  onFarewell(): void;
  /** The connection is no more, for whatever reason. */
  onClosed(connection: WireConnection): void;
}

/** A connection to a service that carries one request at a time. */
export interface WireConnection {
  /** Sends a request; only while the connection is free. */
  send(request: WireBytes, reader: AnswerReader): void;
  pause(): void;
  resume(): void;
  isPaused(): boolean;
  /** Ends it at once; what is under way on it fails with the error. */
  destroy(error: Error): void;
}

const READ_BYTES = 32_768;
/** Code of a request of which nothing was sent, though there was a connection: it may be tried anew, whatever it asks for. */
export const NOT_SENT = 'GAIA_NOT_SENT';

export function openWireConnection(options: WireConnectionOptions): WireConnection {
  let reader: AnswerReader | undefined;
  /** There from when the request is written. */
  let parser: AnswerParser | undefined;
  let paused = false;
  let connected = false;
  let failure: Error | undefined;

  const socket = connect({
    host: options.host,
    port: options.port,
    noDelay: true,
    keepAlive: true,
    // Read into the same bytes again and again; the parser copies out of them what stays.
    onread: { buffer: Buffer.allocUnsafeSlow(READ_BYTES), callback: onRead },
  });
  const timer = setTimeout(() => {
    // If this process was held up, the connection may be there and only not be noticed yet.
    setImmediate(() => {
      if (connected) return;
      socket.destroy(Object.assign(new Error('no connection in time'), { code: 'UND_ERR_CONNECT_TIMEOUT' }));
    });
  }, options.connectTimeoutMs);
  socket.on('connect', () => {
    connected = true;
    clearTimeout(timer);
  });
  socket.on('error', (error) => {
    // What was sent may have arrived, whatever the system calls the end of the connection.
    failure ??= connected ? brokenOff(error) : error;
  });
  socket.on('end', () => {
    if (parser?.end()) finish();
    socket.destroy();
  });
  socket.on('close', () => {
    clearTimeout(timer);
    fail(failure ?? brokenOff());
    options.onClosed(connection);
  });

  function onRead(size: number, buffer: Uint8Array): boolean {
    const bytes = buffer.subarray(0, size) as Buffer;
    // Nobody has asked anything: the two sides no longer agree.
    if (parser === undefined || reader === undefined) {
      socket.destroy();
      return false;
    }
    try {
      if (parser.take(bytes)) finish();
      else reader?.onLull();
    } catch (error) {
      failure = error as Error;
      fail(failure);
      socket.destroy();
    }
    return !paused;
  }

  function finish(): void {
    const [ended, through] = [parser, reader];
    parser = undefined;
    reader = undefined;
    if (paused) connection.resume();
    // A service may answer before it has read all of a request, and would take the rest for the next one.
    const reusable = ended?.isReusable() === true && socket.writableLength === 0;
    if (!reusable) socket.destroy();
    if (ended?.isFarewell()) options.onFarewell();
    through?.onEnd();
    if (reusable && !socket.destroyed) options.onFree(connection);
  }

  /** The service has ended the connection: before the answer was whole, or before anything of the request was written. */
  function brokenOff(cause?: Error): Error {
    const code = parser === undefined ? NOT_SENT : 'ECONNRESET';
    return Object.assign(new Error('the service broke the connection off', { cause }), { code });
  }

  function fail(error: Error): void {
    const through = reader;
    parser = undefined;
    reader = undefined;
    through?.onFailure(error);
  }

  const connection: WireConnection = {
    send(request, answerReader) {
      reader = answerReader;
      // When all that has come in this turn of the event loop has been looked at: writes that are done together wake the
      // service once and not once each, which costs more than all else about a small write.
      setImmediate(() => {
        // It may have been given up meanwhile. What comes before it is written is no answer to it.
        if (reader !== answerReader || socket.destroyed) return;
        parser = createAnswerParser(request.method, answerReader);
        if (request.body === null) socket.write(request.head, 'latin1');
        else {
          socket.cork();
          socket.write(request.head, 'latin1');
          socket.write(request.body);
          socket.uncork();
        }
      });
    },
    pause() {
      paused = true;
    },
    resume() {
      if (!paused) return;
      paused = false;
      socket.resume();
    },
    isPaused: () => paused,
    destroy(error) {
      failure ??= error;
      fail(failure);
      socket.destroy();
    },
  };
  return connection;
}
