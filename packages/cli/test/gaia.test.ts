import { execFile } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { commands } from '../src/command-table.ts';
import { runGaia } from './run-gaia.ts';

describe('gaia help', () => {
  it.each([[[]], [['help']], [['--help']], [['-h']]])('%s lists every command', async (args) => {
    const { code, out, err } = await runGaia(args);
    for (const { name, summary } of commands) expect(out.replace(/ +/g, ' ')).toContain(` gaia ${name} ${summary}\n`);
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });

  it.each(commands.map(({ name }) => [name]))('explains %s whichever way it is asked', async (name) => {
    const words = name.split(' ');
    const command = commands.find((one) => one.name === name);
    const { code, out } = await runGaia([...words, '--help']);
    expect(out).toContain(`${command?.summary}.\n`);
    expect(out).toContain(`Use: gaia ${name}`);
    for (const [option, { doc }] of Object.entries(command?.options ?? {})) {
      expect(out).toContain(`--${option}`);
      expect(out.replace(/\s+/g, ' ')).toContain(doc);
    }
    expect(out.split('\n').filter((line) => line.length > 120)).toEqual([]);
    expect(code).toBe(0);
    expect((await runGaia(['help', ...words])).out).toBe(out);
    expect((await runGaia([...words, 'x', '-h'])).out).toBe(out);
  });

  it('lists the commands of a group', async () => {
    const { code, out } = await runGaia(['token', '--help']);
    expect(out).toContain('gaia token mint');
    expect(out).not.toContain('gaia users');
    expect(code).toBe(0);
    expect((await runGaia(['help', 'token'])).out).toBe(out);
    expect(await runGaia(['token'])).toEqual({ code: 2, out: '', err: out });
  });

  it('every command has its own name, and a summary without a full stop', () => {
    const names = commands.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    // A group must not be a command itself, or its own commands could not be reached.
    for (const name of names) expect(names.filter((other) => other.startsWith(`${name} `))).toEqual([]);
    for (const { summary } of commands) expect(summary).toMatch(/^[A-Z].*[^.]$/);
  });
});

describe('gaia with an unknown command', () => {
  it.each([
    [['helth'], 'Did you mean gaia health?'],
    [['token', 'insepct', 'x'], 'Did you mean gaia token inspect?'],
    [['user', 'list'], 'Did you mean gaia users list?'],
    [['tokn'], 'Did you mean gaia token (inspect, mint)?'],
    [['site'], 'Did you mean gaia sites (list, create)?'],
    [
      ['users', 'frobnicate'],
      'Did you mean gaia users (list, show, create, set-password, promote, demote, disable, enable, delete, invite)?',
    ],
    [['help', 'migrat'], 'Did you mean gaia migrate?'],
    [['frobnicate'], 'gaia help lists the commands.'],
    [['frobnicate', '--help'], 'gaia help lists the commands.'],
    [['--version'], 'gaia help lists the commands.'],
    [['constructor'], 'gaia help lists the commands.'],
    [[''], 'gaia help lists the commands.'],
    [['x'.repeat(100_000)], 'gaia help lists the commands.'],
  ])('%s suggests', async (args, suggestion) => {
    const { code, out, err } = await runGaia(args);
    expect(err).toContain(suggestion);
    expect(err.length).toBeLessThan(300);
    expect({ code, out }).toEqual({ code: 2, out: '' });
  });

  it('does not repeat a token that stands in its place', async () => {
    const token = 'eyJhbGciOiJub25lIn0.e30.AA';
    for (const args of [[token], ['token', token], ['help', token], [token, '--help']]) {
      const { code, out, err } = await runGaia(args);
      expect(out + err).not.toContain('eyJ');
      expect(code).toBe(2);
    }
  });
});

describe('gaia as a process', () => {
  const main = join(import.meta.dirname, '..', 'src', 'main.ts');
  const run = promisify(execFile);

  it('prints on standard output and ends with 0', async () => {
    const { stdout, stderr } = await run(process.execPath, [main, 'help']);
    expect(stdout).toContain('gaia token inspect');
    expect(stderr).toBe('');
  });

  it('prints errors on standard error and ends with their code', async () => {
    await expect(run(process.execPath, [main, 'token', 'mint'])).rejects.toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('--user must be given'),
    });
  });

  it('reads standard input and ends by itself', async () => {
    const running = run(process.execPath, [main, 'token', 'inspect', '-']);
    running.child.stdin?.end('garbage');
    await expect(running).rejects.toMatchObject({ code: 1, stdout: expect.stringContaining('not_three_parts') });
  });
});
