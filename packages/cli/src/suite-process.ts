import { constants } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { Context } from './context.ts';
import { Failure } from './failure.ts';

/** Gaia's folder, from which relative paths of settings start. */
export const root = join(import.meta.dirname, '..', '..', '..');
export const suiteProgram = join(root, 'suite', 'src', 'main.ts');
const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs the suite's program under this Node until it ends; gives its exit code (128 and the signal's number if a signal
 * ended it). Signals are passed on, and the child alone decides when it is done. Throws Failure if it cannot be started.
 */
export function runSuite(args: readonly string[], { spawn, signals, env }: Context): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [suiteProgram, ...args], { cwd: root, env: { ...env }, stdio: 'inherit' });
    const listeners = passedOn.map((signal) => [signal, () => void child.kill(signal)] as const);
    const done = () => {
      for (const [signal, listener] of listeners) signals.off(signal, listener);
    };
    for (const [signal, listener] of listeners) signals.on(signal, listener);
    child.once('error', (error) => {
      done();
      reject(new Failure(`the suite could not be started: ${error.message}`));
    });
    child.once('exit', (code, signal) => {
      done();
      resolve(code ?? (signal === null ? 1 : 128 + (constants.signals[signal] ?? 0)));
    });
  });
}
