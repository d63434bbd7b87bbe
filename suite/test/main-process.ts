import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';

const main = join(import.meta.dirname, '..', 'src', 'main.ts');

/** A process may start slowly on a busy machine. */
export const processTimeout = { timeout: 90_000, interval: 50 };

export interface MainProcess {
  readonly child: ChildProcess;
  /** All that it has written. */
  said(): string;
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/** `npm start` as a process of its own, as soon as it says that it is ready. It ends with the test. */
export async function startMain(env: Readonly<Record<string, string>>): Promise<MainProcess> {
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH, TMPDIR: tmpdir(), LOG_LEVEL: 'silent', ARGON2_MEMORY_KIB: '64', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (text += String(data)));
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  onTestFinished(() => end('SIGTERM'));
  await vi.waitFor(() => {
    expect(child.exitCode, text).toBeNull();
    expect(text).toContain('Ctrl-C ends it.');
  }, processTimeout);
  return { child, said: () => text, end };
}
