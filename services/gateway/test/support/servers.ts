import { randomInt } from 'node:crypto';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { onTestFinished } from 'vitest';

export interface TestServer {
  readonly origin: string;
  readonly port: number;
  close(): Promise<void>;
}

/**
 * A real HTTP server for the length of the running test. Like every service it says that it is alive when it is asked,
 * which a gateway does when the machine is slow, unless the listener says so itself.
 */
export async function serve(listener: RequestListener, port = 0, { saysItself = false } = {}): Promise<TestServer> {
  const server = createServer((incoming, outgoing) => {
    if (incoming.url === '/live' && !saysItself) return void outgoing.end();
    // A client that goes away makes a listener's reading fail; that is not the server's fault.
    Promise.resolve(listener(incoming, outgoing) as unknown).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(close);
  return { origin: `http://127.0.0.1:${address.port}`, port: address.port, close };
}

/**
 * A port on which nothing listens at this moment, below those that systems hand out by themselves: what some other test
 * is given meanwhile is never this one.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 20_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

export async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** What an echo server saw of a request. */
export interface Seen {
  readonly service: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly rawHeaders: string[];
  readonly body: string;
}

/** Answers every request with what it saw of it. */
export function echo(service: string): RequestListener {
  return async (incoming, outgoing) => {
    const body = (await readAll(incoming)).toString();
    const { method, url, headers, rawHeaders } = incoming;
    answerJson(outgoing, 200, { service, method, url, headers, rawHeaders, body });
  };
}

export function answerJson(
  outgoing: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  outgoing.writeHead(status, { 'content-type': 'application/json', ...headers });
  outgoing.end(JSON.stringify(body));
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** The body as JSON. */
  json<T = Record<string, unknown>>(): T;
}

export interface Sending {
  readonly method?: string;
  /** Names and values in turns, or an object; `Host` is added where it is not among them. */
  readonly headers?: readonly string[] | Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** Sends one request with exactly these headers, on a connection of its own. */
export function send(origin: string, path: string, sending: Sending = {}): Promise<Answer> {
  const { hostname, port } = new URL(origin);
  const given = sending.headers ?? [];
  const headers = Array.isArray(given) ? [...(given as readonly string[])] : Object.entries(given).flat();
  if (!headers.some((name, index) => index % 2 === 0 && name.toLowerCase() === 'host')) {
    headers.push('Host', `localhost:${port}`);
  }
  if (sending.body !== undefined && !headers.some((name) => /^(content-length|transfer-encoding)$/i.test(name))) {
    headers.push('Content-Length', String(Buffer.byteLength(sending.body)));
  }
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { hostname, port, path, method: sending.method ?? 'GET', headers, agent: false, setHost: false },
      (incoming) => {
        readAll(incoming).then((body) => {
          const text = body.toString();
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            text,
            json: <T>() => JSON.parse(text) as T,
          });
        }, reject);
      },
    );
    request.on('error', reject);
    request.end(sending.body);
  });
}

/** Writes bytes to a socket and gives all that comes back until the other side closes. */
export function sendRaw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'));
    let text = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('close', () => resolve(text));
    socket.on('error', (error: Error & { code?: string }) =>
      error.code === 'ECONNRESET' ? resolve(text) : reject(error),
    );
  });
}
