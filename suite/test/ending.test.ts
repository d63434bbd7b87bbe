import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { freePorts } from './running-suite.ts';

const main = join(import.meta.dirname, '..', 'src', 'main.ts');
const patience = { timeout: 90_000, interval: 50 };

it('ends with a message when its database dies', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'gaia-database-end-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const { child, said } = await startMain(dataDir, await freePorts(6));
  process.kill(await postmasterOf(dataDir), 'SIGKILL');
  await vi.waitFor(() => {
    expect(child.exitCode).toBe(1);
    expect(said()).toMatch(/PostgreSQL on .* has ended by itself; see .*postgres\.log/);
    expect(said()).toContain('The next start recovers what was committed.');
  }, patience);
}, 180_000);

/** `npm start` on a data folder and an embedded database of its own, as soon as it says that it is ready. */
async function startMain(dataDir: string, port: number) {
  const child: ChildProcess = spawn(process.execPath, [main], {
    env: {
      PATH: process.env.PATH,
      TMPDIR: tmpdir(),
      PORT: String(port),
      GAIA_DATA_DIR: dataDir,
      GAIA_DEMO: 'off',
      LOG_LEVEL: 'silent',
      ARGON2_MEMORY_KIB: '64',
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
  }, patience);
  return { child, said: () => text };
}

async function postmasterOf(dataDir: string): Promise<number> {
  const [pid] = (await readFile(join(dataDir, 'postgres', 'data', 'postmaster.pid'), 'utf8')).split('\n');
  return Number(pid);
}
