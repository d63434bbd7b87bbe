import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const program = 'redis-server';

/** Why tests with a Redis of their own cannot run, or undefined where they can. */
export function whyNoRedisServer(): string | undefined {
  const found = spawnSync(program, ['--version']).status === 0;
  return found ? undefined : `skipped: there is no ${program} on this machine`;
}

export interface RedisProcess {
  readonly url: string;
  readonly port: number;
  /** Ends the server as a power cut would; it has kept nothing. */
  crash(): Promise<void>;
  /** Starts it again on the same port, empty. */
  restart(): Promise<void>;
  /** The server keeps its connections and does nothing at all. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

/** A redis-server on a free port of 127.0.0.1 that a test may do anything to. */
export async function startRedis(args: readonly string[] = []): Promise<RedisProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'gaia-redis-'));
  const { port, child: first } = await launchSomewhere(directory, args);
  let child = first;

  async function end(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    crash: end,
    async restart() {
      await end();
      child = await launch(port, directory, args);
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    async stop() {
      await end();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/**
 * Below the ports that outgoing connections take: a client that keeps trying to reach an ephemeral port on which nothing
 * listens can end up connected to itself, and then the port is taken.
 */
async function launchSomewhere(directory: string, args: readonly string[]) {
  for (let attempt = 1; ; attempt += 1) {
    const port = randomInt(12_000, 30_000);
    try {
      return { port, child: await launch(port, directory, args) };
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}

async function launch(port: number, directory: string, args: readonly string[]): Promise<ChildProcess> {
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', directory];
  const child = spawn(program, [...settings, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let output = '';
  child.stdout?.on('data', (data: Buffer) => {
    output = (output + data.toString()).slice(-4_000);
    if (output.includes('Ready to accept connections')) resolve();
  });
  child.once('error', reject);
  child.once('exit', () => reject(new Error(`redis-server ended: ${output}`)));
  await promise;
  child.unref();
  return child;
}

/** Sends one command as plain text and gives the first bytes of the answer. */
export async function redisCommand(port: number, command: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`${command}\r\n`);
  const [data] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return data.toString();
}
