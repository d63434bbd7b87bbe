import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openConnection } from './support/raw-connection.ts';

/** Processes start slowly on a busy machine. */
const waitOptions = { timeout: 90_000 };
const main = join(import.meta.dirname, 'support', 'cups-main.ts');

/** A service as a process of its own, and a client that sends it a body drop by drop. */
async function startedMain(env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  let said = '';
  child.stdout?.on('data', (data) => {
    said += data;
  });
  await expect.poll(() => said, waitOptions).toMatch(/port \d+\n/);
  const client = openConnection(Number(/port (\d+)\n/.exec(said)?.[1]));
  client.socket.write(
    'POST /cups HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n' +
      'Expect: 100-continue\r\n\r\n',
  );
  // The request has arrived: a connection without one would be closed as idle.
  await expect.poll(client.received, waitOptions).toContain('100 Continue');
  client.drip('x');
  return { child, ended, said: () => said };
}

it('a service ends when its supervisor does', async () => {
  const { child, ended } = await startedMain({ SHUTDOWN_TIMEOUT_MS: '300' });
  child.disconnect();
  expect(await ended).toEqual([0, null]);
}, 120_000);

describe('SIGTERM', () => {
  it.each([
    ['a request that comes drop by drop', {}, 0],
    ['something that never closes', { CLOSES: 'never' }, 1],
  ])(
    'ends the process within its time in spite of %s',
    async (_name, env, code) => {
      const { child, ended } = await startedMain({ SHUTDOWN_TIMEOUT_MS: '300', ...env });
      child.kill('SIGTERM');
      expect(await ended).toEqual([code, null]);
    },
    120_000,
  );

  it('ends the process at once when it comes again', async () => {
    const { child, ended, said } = await startedMain({ SHUTDOWN_TIMEOUT_MS: '600000' });
    child.kill('SIGTERM');
    await expect.poll(said, waitOptions).toContain('"closing"');
    child.kill('SIGTERM');
    expect(await ended).toEqual([1, null]);
  }, 120_000);
});
