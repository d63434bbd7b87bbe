import { createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface ClamdServer {
  /** As ASSETS_CLAMD takes it. */
  readonly address: string;
  close(): Promise<void>;
}

export const MALWARE = 'this-is-the-test-signature-of-malware';

/** A clamd that knows one signature and speaks INSTREAM; `reply` says something else at the end of each stream. */
export async function startClamd(options: { maxBytes?: number; reply?: string } = {}): Promise<ClamdServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    let data = Buffer.alloc(0);
    let content = Buffer.alloc(0);
    let begun = false;
    socket.on('data', (chunk: Buffer) => {
      data = Buffer.concat([data, chunk]);
      if (!begun) {
        if (data.length < 10) return;
        if (data.subarray(0, 10).toString() !== 'zINSTREAM\0') return void socket.end('UNKNOWN COMMAND\0');
        begun = true;
        data = data.subarray(10);
      }
      while (data.length >= 4 && data.length >= 4 + data.readUInt32BE()) {
        const length = data.readUInt32BE();
        if (length === 0) {
          const verdict = content.includes(MALWARE) ? 'stream: Test.Signature FOUND' : 'stream: OK';
          return void socket.end(`${options.reply ?? verdict}\0`);
        }
        content = Buffer.concat([content, data.subarray(4, 4 + length)]);
        data = data.subarray(4 + length);
        if (content.length > (options.maxBytes ?? 1_000_000)) {
          return void socket.end('INSTREAM size limit exceeded. ERROR\0');
        }
      }
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(close);
  const { port } = server.address() as { port: number };
  return { address: `127.0.0.1:${port}`, close };
}
