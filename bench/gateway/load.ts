import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Load {
  readonly port: number;
  readonly path: string;
  /** Header lines. */
  readonly headers: readonly string[];
  readonly connections: number;
  readonly seconds: number;
}

export interface Measured {
  /** Good answers, and so many a second. */
  readonly count: number;
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** End of every good answer. */
const END = '{"hello":"world"}';

/** Asks one request after the other on each connection. Throws at the first answer that is not 200. */
export async function drive({ port, path, headers, connections, seconds }: Load): Promise<Measured> {
  const lines = [`GET ${path} HTTP/1.1`, 'Host: localhost', ...headers].join('\r\n');
  const bytes = Buffer.from(`${lines}\r\n\r\n`);
  const times: number[] = [];
  const from = performance.now();
  const until = from + seconds * 1_000;

  async function run(socket: Socket): Promise<void> {
    await once(socket, 'connect');
    socket.setNoDelay(true);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let text = '';
    let sentAt = 0;
    const send = () => {
      sentAt = performance.now();
      socket.write(bytes);
    };
    socket.on('error', reject).on('close', () => reject(new Error('the connection was closed')));
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (/^HTTP\/1\.1 [^2]/.test(text)) return reject(new Error(`the server answered ${text.slice(0, 600)}`));
      // nginx and others may send the body in chunks.
      if (!text.includes(END) || (text.includes('chunked') && !text.endsWith('0\r\n\r\n'))) return;
      const at = performance.now();
      times.push(at - sentAt);
      text = '';
      if (at < until) send();
      else resolve();
    });
    send();
    await promise;
    socket.removeAllListeners('close').destroy();
  }

  await Promise.all(Array.from({ length: connections }, () => run(connect(port, '127.0.0.1'))));
  const took = (performance.now() - from) / 1_000;
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? 0;
  return { count: times.length, rate: times.length / took, p50: at(0.5), p99: at(0.99) };
}
