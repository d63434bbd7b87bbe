import { execFile } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { runGaia } from './run-gaia.ts';

/** Every command: its words, what stands behind them, and its options. */
const commands: readonly (readonly [name: string, args: string, options: readonly string[]])[] = [
  ['up', '', ['--separate']],
  ['migrate', '', []],
  ['demo', '', ['--url <url>']],
  ['health', '', ['--url <url>', '--json']],
  [
    'token inspect',
    ' [token|-]',
    ['--url <url>', '--jwks <url>', '--issuer <issuer>', '--audience <audience>', '--keys-only', '--json'],
  ],
  ['token mint', '', ['--user <email|id>', '--site <site>', '--ttl <duration>', '--scope <scope>', '--url <url>']],
  ['keys list', '', ['--url <url>', '--json']],
  ['keys rotate', '', ['--at-once', '--url <url>', '--json']],
  ['keys import', '', ['--at-once', '--url <url>', '--json']],
  ['keys compromise', ' <kid>', ['--url <url>', '--json']],
  ['audit verify', '', ['--noted <heads>', '--url <url>']],
  [
    'users list',
    '',
    [
      '--site <site>',
      '--email <email>',
      '--role <role>',
      '--state <state>',
      '--administrators',
      '--sort <order>',
      '--search <text>',
      '--url <url>',
      '--json',
    ],
  ],
  ['users show', ' <user>', ['--url <url>', '--json']],
  [
    'users create',
    ' <email>',
    [
      '--username <username>',
      '--name <name>',
      '--site <site>',
      '--role <role>',
      '--password-stdin',
      '--url <url>',
      '--json',
    ],
  ],
  ['users set-password', ' <email>', ['--password-stdin', '--generate', '--json']],
  ['users promote', ' <email>', ['--json']],
  ['users demote', ' <email>', ['--json']],
  ['users disable', ' <email>', ['--force', '--json']],
  ['users enable', ' <email>', ['--json']],
  ['users delete', ' <email>', ['--force', '--yes']],
  ['users invite', ' <email>', ['--site <site>', '--role <role>', '--json']],
  ['sites list', '', ['--url <url>', '--json']],
  ['sites create', ' <site>', ['--name <name>', '--host <host>', '--url <url>', '--json']],
  ['types generate', '', ['--site <site>', '--output <file>', '--url <url>']],
  ['assets move', '', ['--to <store>', '--url <url>', '--json']],
  ['search rebuild', '', ['--detach', '--url <url>', '--json']],
  ['search status', '', ['--url <url>', '--json']],
  [
    'webhook sign',
    ' <endpoint>',
    [
      '--user <user>',
      '--product <product>',
      '--payment <payment>',
      '--event <event>',
      '--ttl <duration>',
      '--send',
      '--url <url>',
    ],
  ],
];

/** The terms of a list in a help: what stands two spaces in. */
function termsIn(help: string, heading: string): string[] {
  const [, list = ''] = new RegExp(`^${heading}:\n((?: {2}.*\n)+)`, 'm').exec(help) ?? [];
  return [...list.matchAll(/^ {2}(\S.*?)(?: {2,}.*)?$/gm)].map(([, term = '']) => term);
}

describe('gaia help', () => {
  it.each([[[]], [['help']], [['--help']], [['-h']]])('%s lists every command', async (args) => {
    const { code, out, err } = await runGaia(args);
    expect(out).toMatch(/^Usage: gaia <command> \[options\]\n/);
    expect(termsIn(out, 'Commands')).toEqual(commands.map(([name]) => `gaia ${name}`));
    expect(out).toMatch(/^ {2}gaia token inspect +Decode a token, verify it, and name the check that refuses it$/m);
    expect(out).toMatch(/^ {2}gaia up +Start the whole suite; Ctrl-C ends it$/m);
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });

  it.each(commands)('explains gaia %s whichever way it is asked', async (name, args, options) => {
    const words = name.split(' ');
    const { code, out, err } = await runGaia([...words, '--help']);
    expect(out.split('\n', 1)).toEqual([`Usage: gaia ${name} [options]${args}`]);
    expect(termsIn(out, 'Options')).toEqual([...options, '-h, --help']);
    expect(termsIn(out, 'Arguments')).toEqual(args === '' ? [] : [args.trim().replace(/^[<[]|[>\]]$/g, '')]);
    expect(out).toMatch(new RegExp(`\nExamples:\n  .*\\bgaia ${name}`));
    expect(out).toMatch(/0 when it was done, 1 when it could not be done, 2 when the command line is wrong\.\n$/);
    expect(out.split('\n').filter((line) => line.length > 120)).toEqual([]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect((await runGaia(['help', ...words])).out).toBe(out);
    expect((await runGaia([...words, 'x', '-h'])).out).toBe(out);
  });

  it('explains one command in full', async () => {
    const { out } = await runGaia(['users', 'disable', '--help']);
    expect(out).toBe(`Usage: gaia users disable [options] <email>

Shut a user out, on the host and without a login.

All sessions end within a second. The last administrator cannot be disabled.

Arguments:
  email       the address of the user

Options:
  --force     also where it leaves a site without an owner
  --json      print the user as JSON
  -h, --help  show this

Examples:
  gaia users disable ann@example.com

Ends with 0 when it was done, 1 when it could not be done, 2 when the command line is wrong.
`);
  });

  it('lists the commands of a group', async () => {
    const { code, out } = await runGaia(['token', '--help']);
    expect(termsIn(out, 'Commands')).toEqual(['gaia token inspect', 'gaia token mint']);
    expect(code).toBe(0);
    expect((await runGaia(['help', 'token'])).out).toBe(out);
    expect(await runGaia(['token'])).toEqual({ code: 2, out: '', err: out });
  });
});

describe('gaia with an unknown command', () => {
  it.each([
    [['helth'], "gaia: unknown command 'helth'; did you mean health?", 'gaia'],
    [['token', 'insepct', 'x'], "gaia token: unknown command 'insepct'; did you mean inspect?", 'gaia token'],
    [['user', 'list'], "gaia: unknown command 'user'; did you mean users?", 'gaia'],
    [['site'], "gaia: unknown command 'site'; did you mean sites?", 'gaia'],
    [['users', 'frobnicate'], "gaia users: unknown command 'frobnicate'", 'gaia users'],
    [['help', 'migrat'], "gaia: unknown command 'migrat'; did you mean migrate?", 'gaia'],
    [['frobnicate'], "gaia: unknown command 'frobnicate'", 'gaia'],
    [['frobnicate', '--help'], "gaia: unknown command 'frobnicate'", 'gaia'],
    [['--version'], "gaia: unknown option '--version'", 'gaia'],
    [['constructor'], "gaia: unknown command 'constructor'", 'gaia'],
    [['-', 'x'], 'gaia: unknown command', 'gaia'],
    [[''], 'gaia: unknown command', 'gaia'],
    [['x'.repeat(100_000)], 'gaia: unknown command', 'gaia'],
    [['it’s'], 'gaia: unknown command', 'gaia'],
  ])('%s suggests what was meant', async (args, message, name) => {
    const err = `${message}\n${name} --help says how it is used.\n`;
    expect(await runGaia(args)).toEqual({ code: 2, out: '', err });
  });
});

describe('gaia with wrong options', () => {
  it.each([
    [['users', 'list', '--jsn'], "gaia users list: unknown option '--jsn'; did you mean --json?"],
    [['migrate', '-x'], "gaia migrate: unknown option '-x'"],
    [['up', '--separate=yes'], "gaia up: unknown option '--separate=…'"],
    [['up', 'cms'], 'gaia up: too many arguments'],
    [['health', '--url'], "gaia health: option '--url <url>' argument missing"],
    [['health', '--url', '--json'], 'gaia health: --url needs a value'],
    [['health', '--url=http://a', '--url=http://b'], 'gaia health: --url is given more than once'],
    [['users', 'create', ''], 'gaia users create: <email> must not be empty'],
    [['users', 'show', 'x'.repeat(1_025)], 'gaia users show: <user> must have at most 1024 characters'],
    [
      ['sites', 'create', 's', ...Array.from({ length: 65 }, () => '--host=h')],
      'gaia sites create: --host can be given at most 64 times',
    ],
    [['token', 'mint', '--site', 's'], "gaia token mint: required option '--user <email|id>' not specified"],
    [['users', 'delete'], "gaia users delete: missing required argument 'email'"],
  ])('%j says what is wrong', async (args, message) => {
    const err = `${message}\n${message.split(':', 1)[0]} --help says how it is used.\n`;
    expect(await runGaia(args)).toEqual({ code: 2, out: '', err });
  });

  const token = 'eyJhbGciOiJub25lIn0.e30.AA';
  it.each([
    [[token]],
    [['token', token]],
    [['help', token]],
    [[token, '--help']],
    [[`--${token}`]],
    [['up', token]],
    [['up', `--${token}`]],
    [['up', `--separate=${token}`]],
    [['up', `-${token}`]],
    [['health', '--url', token]],
    [['token', 'mint', '--ttl', token]],
    [['users', 'show', 'ann', token]],
    [['users', 'show', `${token}\n(Did you mean ${token}?)`, 'x']],
    [['users', 'list', `--${token}'\n(Did you mean --json?)`]],
  ])('%j does not repeat a token that stands in the wrong place', async (args) => {
    const { code, out, err } = await runGaia(args);
    expect(out + err).not.toContain('eyJ');
    expect(code).toBe(2);
  });
});

describe('gaia as a process', () => {
  const main = join(import.meta.dirname, '..', 'src', 'main.ts');
  const run = promisify(execFile);

  it('prints on standard output and ends with 0', async () => {
    const { stdout, stderr } = await run(process.execPath, [main, 'help']);
    expect(stdout).toMatch(/^Usage: gaia <command> \[options\]\n/);
    expect(stderr).toBe('');
  });

  it('prints errors on standard error and ends with their code', async () => {
    await expect(run(process.execPath, [main, 'token', 'mint'])).rejects.toMatchObject({
      code: 2,
      stdout: '',
      stderr:
        "gaia token mint: required option '--user <email|id>' not specified\ngaia token mint --help says how it is used.\n",
    });
  });

  it('reads standard input and ends by itself', async () => {
    const running = run(process.execPath, [main, 'token', 'inspect', '-']);
    running.child.stdin?.end('garbage');
    await expect(running).rejects.toMatchObject({ code: 1, stdout: expect.stringContaining('not_three_parts') });
  });
});
