import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Load {
  readonly port: number;
  readonly tokens: readonly string[];
  readonly connections: number;
  /** Requests that are sent together on each connection; the next ones follow when all of them are answered. */
  readonly pipelining: number;
  readonly seconds: number;
}

/** End of every good answer; see contestants. */
const END = '{"hello":"world"}';

/**
 * Asks `GET /` as fast as the server answers, the tokens in turn, and gives the number of answers.
 * Throws at the first answer that is not 200. Much lighter than a client library: it only looks for the end of answers.
 */
export async function drive({ port, tokens, connections, pipelining, seconds }: Load): Promise<number> {
  const requests = tokens.map((token) =>
    Buffer.from(`GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n\r\n`),
  );
  const until = performance.now() + seconds * 1_000;
  let next = 0;
  let answers = 0;

  const batch = () =>
    Buffer.concat(Array.from({ length: pipelining }, () => requests[next++ % requests.length] ?? Buffer.alloc(0)));

  async function run(socket: Socket): Promise<void> {
    await once(socket, 'connect');
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let text = '';
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (/HTTP\/1\.1 [^2]/.test(text)) return reject(new Error(`the server answered ${text.slice(0, 300)}`));
      if (!text.endsWith(END) || text.split(END).length <= pipelining) return;
      answers += pipelining;
      text = '';
      if (performance.now() < until) socket.write(batch());
      else resolve();
    });
    socket.write(batch());
    await promise;
    socket.destroy();
  }

  await Promise.all(Array.from({ length: connections }, () => run(connect(port, '127.0.0.1'))));
  return answers;
}
