import { spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface BenchRedis {
  readonly url: string;
  /** Bytes that all data takes. */
  usedBytes(): Promise<number>;
  stop(): void;
}

/** A Redis of this machine on a free port with nothing on disk. Throws if there is no `redis-server`. */
export async function startRedis(): Promise<BenchRedis> {
  const port = await freePort();
  const child = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    {
      stdio: 'ignore',
    },
  );
  const failed = new Promise<never>((_resolve, reject) => child.once('error', reject));
  const usedBytes = async () => Number(/used_memory_dataset:(\d+)/.exec(await ask(port, 'INFO memory'))?.[1]);
  const ready = (async () => {
    for (;;) {
      try {
        await ask(port, 'PING');
        return;
      } catch {
        await sleep(50);
      }
    }
  })();
  await Promise.race([ready, failed]);
  return { url: `redis://127.0.0.1:${port}`, usedBytes, stop: () => void child.kill() };
}

function ask(port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.end(`${command}\r\nQUIT\r\n`));
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
