import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';

interface RedisServer {
  readonly pid: number;
  stop(): Promise<void>;
}

export type TestRedis =
  /** Undefined for an external server. */
  { readonly url: string; readonly server?: RedisServer } | { readonly unavailable: string };

/**
 * The Redis for a test run: the one of REDIS_URL, else a `redis-server` of this machine on a free port of 127.0.0.1 with a
 * random password and nothing on disk, else the reason why there is none. Nothing is downloaded.
 */
export async function startTestRedis(
  env: Readonly<Record<string, string | undefined>>,
  directory: string,
): Promise<TestRedis> {
  if (env.REDIS_URL) return { url: env.REDIS_URL };
  const program = findProgram('redis-server', env.PATH ?? '');
  if (!program) return { unavailable: 'REDIS_URL is not set and there is no redis-server on this machine' };
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  // The port is free when it is looked up, and may be taken a moment later.
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run(program, directory, await freePort());
    } catch (error) {
      if (attempt === 3) return { unavailable: error instanceof Error ? error.message : String(error) };
    }
  }
}

async function run(program: string, directory: string, port: number): Promise<TestRedis> {
  const password = randomBytes(18).toString('base64url');
  const child = spawn(program, ['-'], { cwd: directory, stdio: ['pipe', 'pipe', 'pipe'] });
  // A program that ends at once is seen by its end.
  child.stdin.on('error', () => {});
  // Settings come on standard input: arguments are seen by every user of the machine.
  child.stdin.end(
    [
      'bind 127.0.0.1',
      `port ${port}`,
      `requirepass ${password}`,
      `dir ${JSON.stringify(directory)}`,
      `pidfile ${JSON.stringify(join(directory, 'redis.pid'))}`,
      'save ""',
      'appendonly no',
      'databases 16',
    ].join('\n'),
  );
  await ready(child);
  child.unref();
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  return { url: `redis://:${password}@127.0.0.1:${port}`, server: { pid: child.pid ?? 0, stop } };
}

async function ready(child: ChildProcess): Promise<void> {
  let output = '';
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error('redis-server was not ready within 10 s'));
    }, 10_000);
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`redis-server ended with code ${code}: ${output.slice(-300)}`));
    });
    child.stderr?.resume();
    child.stdout?.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-4_000);
      if (!output.includes('Ready to accept connections')) return;
      clearTimeout(timer);
      resolve();
    });
  });
}

function findProgram(name: string, path: string): string | undefined {
  return path
    .split(delimiter)
    .filter((directory) => directory !== '')
    .map((directory) => join(directory, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

async function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address && typeof address === 'object') resolve(address.port);
        else reject(new Error('no free port'));
      });
    });
  });
}
