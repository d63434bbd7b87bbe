import { Socket } from 'node:net';
import { buildConnector } from 'undici';

/** How long a response that may lie unread is waited for after a write has failed, in milliseconds. */
const UNREAD_RESPONSE_MS = 250;

const closedCodes = new Set(['EPIPE', 'ECONNRESET']);

type Done = (error?: Error | null) => void;

/**
 * Connects to a service, and reports a write to a closed connection a moment late. A service that refuses a large body
 * (413, 401) responds and closes while the body is still being sent; the write then fails although the response has
 * arrived (RFC 9112 §9.6). Without the delay the client would be told 503 instead of what the service said.
 */
export function createConnector(options: {
  readonly timeoutMs: number;
  /** Where the name of the target is looked for; undefined: wherever the system finds it. */
  readonly address: string | undefined;
}): buildConnector.connector {
  // One protocol and one parser for all services.
  const connect = buildConnector({ timeout: options.timeoutMs, allowH2: false });
  const { address } = options;
  return (named, callback) => {
    const target = address === undefined ? named : { ...named, hostname: address };
    connect(target, (...[error, socket]: buildConnector.CallbackArgs) => {
      if (error !== null) callback(error, null);
      else callback(null, withLateWriteFailures(socket));
    });
  };
}

function withLateWriteFailures<S extends Socket>(socket: S): S {
  // TLS sockets write through a stream below, where the failure shows; they are left as they are.
  if (Object.getPrototypeOf(socket) !== Socket.prototype) return socket;
  const { _write, _writev } = Socket.prototype;
  socket._write = (chunk, encoding, done) => _write.call(socket, chunk, encoding, late(socket, done));
  if (_writev !== undefined) socket._writev = (chunks, done) => _writev.call(socket, chunks, late(socket, done));
  return socket;
}

function late(socket: Socket, done: Done): Done {
  return (error) => {
    if (!error || !closedCodes.has((error as NodeJS.ErrnoException).code ?? '')) {
      done(error);
      return;
    }
    const timer = setTimeout(report, UNREAD_RESPONSE_MS);
    socket.once('close', report);
    function report(): void {
      clearTimeout(timer);
      socket.off('close', report);
      done(error);
    }
  };
}
