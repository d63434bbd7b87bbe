import { EventEmitter } from 'node:events';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import type { Context } from '../../src/context.ts';
import { runGaia } from '../run-gaia.ts';

/** Runs a command that starts the suite; `live` is what happens while it runs. */
async function start(args: readonly string[], live: (child: EventEmitter, signals: EventEmitter) => void) {
  const killed: string[] = [];
  const started: Parameters<Context['spawn']>[] = [];
  const child = Object.assign(new EventEmitter(), { kill: (signal: string) => killed.push(signal) > 0 });
  const signals = new EventEmitter();
  const spawn: Context['spawn'] = (...call) => {
    started.push(call);
    setImmediate(() => live(child, signals));
    return child;
  };
  const run = await runGaia(args, { spawn, signals, env: { PORT: '9080' } });
  return { ...run, started, killed, listeners: signals.eventNames() };
}

describe('gaia up and gaia migrate', () => {
  it.each([
    [['up'], []],
    [['up', '--separate'], ['--separate']],
    [['migrate'], ['--migrate']],
  ])('%s runs the suite with %s under the same Node', async (args, passed) => {
    const { code, started } = await start(args, (child) => child.emit('exit', 0, null));
    const [program, programArgs, options] = started[0] ?? [];
    expect(program).toBe(process.execPath);
    expect(programArgs?.[0]).toMatch(/suite[\\/]src[\\/]main\.ts$/);
    expect(programArgs?.slice(1)).toEqual(passed);
    expect(options).toMatchObject({ stdio: 'inherit', env: { PORT: '9080' } });
    expect(code).toBe(0);
  });

  it.each([
    [3, null, 3],
    [null, 'SIGKILL', 137],
    [null, 'SIGTERM', 143],
  ])('ends as the suite does: code %s, signal %s', async (exit, signal, expected) => {
    expect((await start(['up'], (child) => child.emit('exit', exit, signal))).code).toBe(expected);
  });

  it('passes signals on and waits for the end of the suite', async () => {
    const { code, killed, listeners } = await start(['up'], (child, signals) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) signals.emit(signal);
      child.emit('exit', 0, null);
    });
    expect(killed).toEqual(['SIGINT', 'SIGTERM', 'SIGHUP']);
    expect(listeners).toEqual([]);
    expect(code).toBe(0);
  });

  it('says that the suite cannot be started', async () => {
    const { code, err, listeners } = await start(['up'], (child) => child.emit('error', new Error('spawn EAGAIN')));
    expect(err).toContain('the suite could not be started: spawn EAGAIN');
    expect(listeners).toEqual([]);
    expect(code).toBe(1);
  });

  it.each([
    [['up', 'cms'], 'too many arguments'],
    [['up', '--seperate'], "unknown option '--seperate'; did you mean --separate?"],
    [['up', '--separate=yes'], "unknown option '--separate=…'"],
    [['migrate', '-x'], "unknown option '-x'"],
  ])('%s is wrong use', async (args, message) => {
    const { code, err } = await runGaia(args);
    expect(err).toContain(message);
    expect(code).toBe(2);
  });
});
