import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const password = 'correct-horse-battery';
const root = join(import.meta.dirname, '..', '..');

/** A Redis and the suite with one process a service. */
export interface Servers extends AsyncDisposable {
  readonly port: number;
  readonly redisUrl: string;
}

/** Starts them on `port` and the ports after it; Redis is that of REDIS_URL where it is set. */
export async function startServers(port: number): Promise<Servers> {
  await using opened = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'gaia-bench-'));
  opened.defer(() => rm(dataDir, { recursive: true, force: true }));
  const redisUrl = process.env.REDIS_URL ?? `redis://127.0.0.1:${port + 9}`;
  if (process.env.REDIS_URL === undefined) {
    const options = ['--port', String(port + 9), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    const redis = spawn('redis-server', options, { cwd: dataDir, stdio: ['ignore', 'pipe', 'inherit'] });
    opened.defer(() => end(redis));
    await said(redis, 'Ready to accept connections');
  }
  const env = {
    ...process.env,
    PORT: String(port),
    REDIS_URL: redisUrl,
    GAIA_DATA_DIR: dataDir,
    GAIA_ADMIN_PASSWORD: password,
    RATE_LIMIT: 'off',
    ARGON2_MEMORY_KIB: '64',
  };
  const suite = spawn(process.execPath, [join(root, 'suite', 'src', 'main.ts'), '--separate'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  opened.defer(() => end(suite));
  await said(suite, 'Gaia is ready');
  const all = opened.move();
  return { port, redisUrl, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function said(child: ChildProcess, words: string): Promise<void> {
  let text = '';
  for await (const chunk of child.stdout?.iterator({ destroyOnReturn: false }) ?? []) {
    text += String(chunk);
    if (text.includes(words)) {
      child.stdout?.resume();
      return;
    }
  }
  throw new Error(`it ended without saying "${words}":\n${text}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
