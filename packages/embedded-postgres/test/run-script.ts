import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export interface Script {
  readonly pid: number;
  /** The next line that it prints; rejects if it ends without one. */
  line(): Promise<string>;
  readonly ended: Promise<void>;
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** Runs TypeScript in a Node of its own, in this package's directory, until the test ends; arguments from process.argv[1]. */
export function runScript(source: string, ...args: string[]): Script {
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', source, '--', ...args], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    pid: child.pid ?? -1,
    line: async () => {
      const next = await lines.next();
      if (next.done) throw new Error('the script ended without a line');
      return next.value;
    },
    ended,
    kill: async (signal) => {
      child.kill(signal);
      await ended;
    },
  };
}
