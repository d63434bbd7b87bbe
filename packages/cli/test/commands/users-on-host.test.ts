import { EventEmitter } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Context } from '../../src/context.ts';
import { type FakeSuite, problem, startFakeSuite } from '../fake-suite.ts';
import { fakeTerminal, runGaia } from '../run-gaia.ts';

const EMAIL = 'ann@example.com';
const user = { id: '0190c0de', email: EMAIL, administrator: false, disabled: false };

let dataDir: string;
let auth: FakeSuite;
let answer: ReturnType<typeof problem> | undefined;

const startAuth = () => {
  const answered = () => answer ?? { body: user };
  return startFakeSuite(
    () => ({
      'POST /operator/users/password': answered,
      'POST /operator/users/administrator': answered,
      'POST /operator/users/disabled': answered,
      'POST /operator/users/invitation': answered,
      'POST /operator/users/deletion': () => answer ?? { status: 204 },
    }),
    join(dataDir, 'run', 'auth.sock'),
  );
};

beforeEach(async () => {
  answer = undefined;
  dataDir = mkdtempSync(join(tmpdir(), 'gaia-host-'));
  mkdirSync(join(dataDir, 'run'), { mode: 0o700 });
  auth = await startAuth();
  return async () => {
    await auth.close();
    rmSync(dataDir, { recursive: true });
  };
});

const run = (args: readonly string[], more: Parameters<typeof runGaia>[1] = {}) =>
  runGaia(['users', ...args], { env: { GAIA_DATA_DIR: dataDir }, ...more });

describe('on the host, gaia users', () => {
  it.each<[readonly string[], string, object]>([
    [['promote', EMAIL], 'administrator', { email: EMAIL, administrator: true }],
    [['demote', EMAIL], 'administrator', { email: EMAIL, administrator: false }],
    [['disable', EMAIL], 'disabled', { email: EMAIL, disabled: true, force: false }],
    [['disable', EMAIL, '--force'], 'disabled', { email: EMAIL, disabled: true, force: true }],
    [['enable', EMAIL], 'disabled', { email: EMAIL, disabled: false }],
    [['invite', EMAIL], 'invitation', { email: EMAIL, roles: ['member'] }],
    [
      ['invite', EMAIL, '--site', 'a.localhost', '--role', 'owner', '--role', 'author'],
      'invitation',
      { email: EMAIL, roles: ['owner', 'author'], site: 'a.localhost' },
    ],
  ])('%j asks auth, without a login', async (args, route, body) => {
    const { code, out, err } = await run([...args, '--json']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toEqual(user);
    expect(auth.requests).toMatchObject([{ path: `/operator/users/${route}`, authorization: undefined, body }]);
  });

  it('set-password takes the password from standard input or the terminal, and shows it nowhere', async () => {
    const given = await run(['set-password', EMAIL, '--password-stdin'], { input: 'pass word\n' });
    expect(given).toMatchObject({ code: 0, err: '' });
    const terminal = fakeTerminal({
      [`New password of ${EMAIL}: `]: 'pass word\r',
      'The same again: ': 'pass word\r',
    });
    const typed = await run(['set-password', EMAIL], terminal);
    expect(typed.code).toBe(0);
    expect(`${given.out}${typed.out}${terminal.shown()}`).not.toContain('pass word');
    const body = { email: EMAIL, password: 'pass word' };
    expect(auth.requests).toMatchObject([{ body }, { body }]);
  });

  it('set-password makes a password and prints it once', async () => {
    const { out } = await run(['set-password', EMAIL, '--generate', '--json']);
    const { password } = JSON.parse(out);
    expect(password).toMatch(/^[\w-]{20}$/);
    expect(auth.requests).toMatchObject([{ body: { email: EMAIL, password } }]);
  });

  it('set-password says that a disabled user still cannot sign in', async () => {
    answer = { body: { ...user, disabled: true } };
    const { code, err } = await run(['set-password', EMAIL, '--generate']);
    expect(err).toContain(`gaia users enable ${EMAIL}`);
    expect(code).toBe(0);
  });

  it('promote says how an address is vouched for', async () => {
    answer = problem(409, 'email_unverified', 'Address is not verified');
    const { code, err } = await run(['promote', EMAIL]);
    expect(err).toContain('Address is not verified (email_unverified)');
    expect(err).toContain(`gaia users set-password ${EMAIL} vouches for the address`);
    expect(code).toBe(1);
  });

  it('delete asks before it deletes', async () => {
    const question = `Type the address again to delete ${EMAIL}: `;
    const other = fakeTerminal({ [question]: 'bea@example.com\r' });
    expect((await run(['delete', EMAIL], other)).code).toBe(1);
    expect(other.shown()).toContain('nothing was deleted');
    expect(auth.requests).toEqual([]);
    expect((await run(['delete', EMAIL], fakeTerminal({ [question]: `${EMAIL}\r` }))).code).toBe(0);
    expect((await run(['delete', EMAIL, '--yes', '--force'])).code).toBe(0);
    expect(auth.requests).toMatchObject([
      { path: '/operator/users/deletion', body: { email: EMAIL, force: false } },
      { body: { email: EMAIL, force: true } },
    ]);
  });

  it.each<[readonly string[], string]>([
    [['set-password', EMAIL], 'use --password-stdin'],
    [['set-password', EMAIL, '--password', 'pass word'], "unknown option '--password'"],
    [['set-password', EMAIL, 'pass word'], 'too many arguments'],
    [
      ['set-password', EMAIL, '--generate', '--password-stdin'],
      "option '--generate' cannot be used with option '--password-stdin'",
    ],
    [['set-password'], "missing required argument 'email'"],
    [['delete', EMAIL], 'use --yes'],
    [['promote', EMAIL, '--force'], "unknown option '--force'"],
  ])('%j is wrong use', async (args, message) => {
    const { code, err } = await run(args);
    expect(err).toContain(message);
    expect(err).not.toContain('pass word');
    expect(code).toBe(2);
    expect(auth.requests).toEqual([]);
  });

  it('sends nothing to a socket in a directory that other users can enter', async () => {
    chmodSync(join(dataDir, 'run'), 0o755);
    const { code, err } = await run(['set-password', EMAIL, '--generate']);
    expect(err).toContain('can be entered by other users');
    expect(code).toBe(1);
    expect(auth.requests).toEqual([]);
  });

  it('goes to the socket of AUTH_CONTROL_SOCKET, and starts nothing where that is silent', async () => {
    const file = join(dataDir, 'run', 'auth.sock');
    expect((await run(['promote', EMAIL], { env: { AUTH_CONTROL_SOCKET: file } })).code).toBe(0);
    const { code, err } = await run(['promote', EMAIL], { env: { AUTH_CONTROL_SOCKET: `${file}.other` } });
    expect(err).toContain('auth does not listen on');
    expect(code).toBe(1);
  });
});

describe('while the suite is stopped, gaia users', () => {
  /** A program that is started instead of the suite's; it ends when its input does. */
  function startable(live: (child: EventEmitter) => unknown) {
    const started: Parameters<Context['spawn']>[] = [];
    const child = Object.assign(new EventEmitter(), {
      kill: () => true,
      stdin: { end: () => void setImmediate(() => child.emit('exit', 0, null)) },
    });
    const spawn: Context['spawn'] = (...call) => {
      started.push(call);
      setImmediate(() => live(child));
      return child;
    };
    return { spawn, started };
  }

  it('starts auth alone for the command and ends it', async () => {
    await auth.close();
    const { spawn, started } = startable(async () => {
      auth = await startAuth();
    });
    expect(await run(['promote', EMAIL], { spawn })).toMatchObject({ code: 0, err: '' });
    const [program, args, options] = started[0] ?? [];
    expect(program).toBe(process.execPath);
    expect(args).toEqual([expect.stringMatching(/suite[\\/]src[\\/]main\.ts$/), '--control']);
    expect(options).toMatchObject({ env: { GAIA_DATA_DIR: dataDir }, stdio: ['pipe', 'ignore', 'inherit'] });
    expect(auth.requests).toHaveLength(1);
  });

  it.each<[string, (child: EventEmitter) => unknown, string]>([
    ['ends', (child) => child.emit('exit', 1, null), 'see the message above'],
    ['cannot be started', (child) => child.emit('error', new Error('spawn EAGAIN')), 'spawn EAGAIN'],
  ])('says that auth %s', async (_what, live, message) => {
    await auth.close();
    const { code, err } = await run(['promote', EMAIL], { spawn: startable(live).spawn });
    expect(err).toContain('auth could not be started for this command');
    expect(err).toContain(message);
    expect(code).toBe(1);
  });
});
