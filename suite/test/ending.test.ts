import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { freePorts } from './running-suite.ts';

const main = join(import.meta.dirname, '..', 'src', 'main.ts');
const waitOptions = { timeout: 90_000, interval: 50 };

describe('npm start', () => {
  it('ends with a message when its database dies', async () => {
    const { child, said, dataDir } = await startMain();
    process.kill(await postmasterOf(dataDir), 'SIGKILL');
    await vi.waitFor(() => {
      expect(child.exitCode).toBe(1);
      expect(said()).toMatch(/PostgreSQL on .* has ended by itself; see .*postgres\.log/);
      expect(said()).toContain('The next start recovers what was committed.');
    }, waitOptions);
  }, 180_000);

  it('ends on SIGTERM in spite of clients that send drop by drop, and its database with it', async () => {
    const { child, dataDir, drip } = await startMain({ SHUTDOWN_TIMEOUT_MS: '6000' });
    const postmaster = await postmasterOf(dataDir);
    // At the gateway, and at auth itself.
    await Promise.all([drip(0), drip(1)]);
    child.kill('SIGTERM');
    await vi.waitFor(() => expect(child.exitCode).not.toBeNull(), waitOptions);
    await vi.waitFor(() => expect(isRunning(postmaster)).toBe(false), waitOptions);
  }, 180_000);

  it('ends at once on a second SIGTERM, and its database with it', async () => {
    const { child, said, dataDir, drip } = await startMain({ SHUTDOWN_TIMEOUT_MS: '600000' });
    const postmaster = await postmasterOf(dataDir);
    await drip(0);
    child.kill('SIGTERM');
    await vi.waitFor(() => expect(said()).toContain('Ending'), waitOptions);
    child.kill('SIGTERM');
    await vi.waitFor(() => expect(child.exitCode).toBe(1), waitOptions);
    await vi.waitFor(() => expect(isRunning(postmaster)).toBe(false), waitOptions);
  }, 180_000);
});

/** `npm start` on a data folder and an embedded database of its own, as soon as it says that it is ready. */
async function startMain(env: Readonly<Record<string, string>> = {}) {
  const dataDir = await mkdtemp(join(tmpdir(), 'gaia-ending-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const port = await freePorts(6);
  const child: ChildProcess = spawn(process.execPath, [main], {
    env: {
      PATH: process.env.PATH,
      TMPDIR: tmpdir(),
      PORT: String(port),
      GAIA_DATA_DIR: dataDir,
      GAIA_DEMO: 'off',
      LOG_LEVEL: 'silent',
      ARGON2_MEMORY_KIB: '64',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (text += String(data)));
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  await vi.waitFor(() => {
    expect(child.exitCode, text).toBeNull();
    expect(text).toContain(`http://localhost:${port}`);
  }, waitOptions);
  return { child, said: () => text, dataDir, drip: (offset: number) => drip(port + offset) };
}

/** A login whose body comes byte by byte; resolves when the request has arrived. */
async function drip(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  const lines = [
    'POST /auth/login HTTP/1.1',
    'Host: localhost',
    'Content-Type: application/json',
    'Content-Length: 1000000',
    'Expect: 100-continue',
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const [answer] = await once(socket, 'data');
  expect(String(answer)).toContain('100 Continue');
  const dripping = setInterval(() => socket.write(' '), 20);
  socket.on('close', () => clearInterval(dripping));
  onTestFinished(() => void socket.destroy());
}

async function postmasterOf(dataDir: string): Promise<number> {
  const [pid] = (await readFile(join(dataDir, 'postgres', 'data', 'postmaster.pid'), 'utf8')).split('\n');
  return Number(pid);
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
