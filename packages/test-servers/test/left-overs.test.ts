import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { removeLeftOvers } from '../src/left-overs.ts';

let temporary = '';
beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'gaia-left-'));
});
afterEach(() => rmSync(temporary, { recursive: true, force: true }));

function run(name: string, ageSeconds: number): string {
  const directory = join(temporary, name);
  mkdirSync(join(directory, 'postgres'), { recursive: true });
  age(directory, ageSeconds);
  return directory;
}

function age(directory: string, seconds: number): void {
  const then = Date.now() / 1_000 - seconds;
  utimesSync(directory, then, then);
}

/** A test run that is killed, and leaves its server. Gives the server's process id. */
async function killedRun(directory: string): Promise<number> {
  const source = `
    import { startEmbeddedPostgres } from '@gaia/embedded-postgres';
    const postgres = await startEmbeddedPostgres({ dataDir: process.argv[1], durable: false });
    console.log(postgres.pid);
  `;
  const child = spawn(
    process.execPath,
    ['--input-type=module-typescript', '--eval', source, '--', join(directory, 'postgres')],
    { cwd: fileURLToPath(new URL('..', import.meta.url)), stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  child.kill('SIGKILL');
  await once(child, 'exit');
  return Number(line.toString());
}

/** A zombie process is not alive: it has no working directory. */
function isAlive(pid: number): boolean {
  if (process.platform === 'linux') return existsSync(`/proc/${pid}/cwd`);
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('removeLeftOvers', () => {
  it('ends the server of a killed run and removes its files', async () => {
    const directory = run('gaia-tests-killed', 0);
    const pid = await killedRun(directory);
    expect(isAlive(pid)).toBe(true);
    age(directory, 3_600);
    await removeLeftOvers(temporary);
    expect(existsSync(directory)).toBe(false);
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 15_000 });
  });

  it.each([
    ['a run that has just begun', 'gaia-tests-young', 5, true],
    ['what is not a test run', 'something-else', 3_600, true],
    ['an old run without a server', 'gaia-tests-old', 3_600, false],
  ])('looks at %s', async (_case, name, seconds, stays) => {
    const directory = run(name, seconds);
    await removeLeftOvers(temporary);
    expect(existsSync(directory)).toBe(stays);
  });
});
