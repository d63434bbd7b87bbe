import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  administrator,
  type FakeAnswer,
  type FakeSuite,
  fakeLogin,
  guarded,
  problem,
  startFakeSuite,
} from '../fake-suite.ts';
import { fakeTerminal, runGaia } from '../run-gaia.ts';

const MINTED = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1MSJ9.bWludGVk';
const minted: FakeAnswer = {
  status: 201,
  body: { access_token: MINTED, token_type: 'Bearer', expires_in: 900, scope: 'content:read' },
};
let answer: FakeAnswer;
let loggingOut: FakeAnswer;
let suite: FakeSuite;

beforeEach(async () => {
  answer = minted;
  loggingOut = { status: 204 };
  suite = await startFakeSuite(() => ({
    ...fakeLogin(),
    'POST /auth/logout': () => loggingOut,
    ...guarded({ 'POST /auth/tokens': () => answer }),
  }));
  return () => suite.close();
});

const env = administrator.env;
const mint = (...options: readonly string[]) => [
  ...['token', 'mint', '--user', 'ann@example.com', '--site', 'site-a.localhost', '--url', suite.url],
  ...options,
];
const secrets = [MINTED, administrator.accessToken, administrator.refreshToken, administrator.password];

describe('gaia token mint', () => {
  it('prints the token and nothing else', async () => {
    expect(await runGaia(mint(), { env })).toEqual({ code: 0, out: `${MINTED}\n`, err: '' });
  });

  it('asks for exactly what was given', async () => {
    await runGaia(mint(), { env });
    await runGaia(mint('--ttl', '90s', '--scope', 'content:read  assets:read', '--scope', 'content:read'), { env });
    const asked = { user: 'ann@example.com', site: 'site-a.localhost' };
    expect(suite.to('POST /auth/tokens').map(({ body }) => body)).toEqual([
      { ...asked, ttl_seconds: 900 },
      { ...asked, ttl_seconds: 90, scope: 'content:read assets:read' },
    ]);
  });

  it('keeps its login for the token, which would end with it, and ends it when it fails', async () => {
    await runGaia(mint(), { env });
    expect(suite.to('POST /auth/logout')).toEqual([]);
    answer = problem(403, 'not_a_member', 'The user is not a member of this site');
    await runGaia(mint(), { env });
    const logouts = suite.to('POST /auth/logout');
    expect(logouts.map(({ body }) => body)).toEqual([{ refresh_token: administrator.refreshToken }]);
  });

  it('says also why it has failed when its login cannot be ended', async () => {
    loggingOut = problem(503, 'unavailable', 'Not now');
    answer = problem(403, 'not_a_member', 'The user is not a member of this site');
    const { code, err } = await runGaia(mint(), { env });
    expect(code).toBe(1);
    expect(err).toContain('could not be ended (unavailable)');
    expect(err).toContain('not a member');
  });

  it('takes the first administrator when no name is given', async () => {
    await runGaia(mint(), { env: { GAIA_ADMIN_PASSWORD: administrator.password } });
    expect(suite.to('POST /auth/login')[0]?.body).toMatchObject({ email: 'admin@localhost' });
  });

  it('logs in by user name when the name is no address', async () => {
    await runGaia(mint(), { env: { ...env, GAIA_ADMIN_EMAIL: 'root' } });
    expect(suite.to('POST /auth/login')[0]?.body).toEqual({ username: 'root', password: administrator.password });
  });
});

describe('gaia token mint on a terminal', () => {
  it('asks for the password without showing it', async () => {
    const terminal = fakeTerminal({
      'Administrator [admin@localhost]: ': '\r',
      'Password of admin@localhost: ': `${administrator.password}x\u007f\r`,
    });
    const { code, out } = await runGaia(mint(), terminal);
    expect({ code, out }).toEqual({ code: 0, out: `${MINTED}\n` });
    expect(terminal.shown()).not.toContain(administrator.password.slice(0, 3));
    expect(terminal.isRaw()).toBe(false);
  });

  it('asks for the password only when the name is known', async () => {
    const terminal = fakeTerminal({ 'Password of admin@localhost: ': `${administrator.password}\r` });
    const { code } = await runGaia(mint(), { ...terminal, env: { GAIA_ADMIN_EMAIL: administrator.email } });
    expect(code).toBe(0);
    expect(terminal.shown()).not.toContain('Administrator [');
  });

  it.each([
    ['Ctrl-C', '\u0003'],
    ['the end of the input', '\u0004'],
  ])('stops at %s without a request', async (_name, key) => {
    const terminal = fakeTerminal({ 'Administrator [admin@localhost]: ': '\r', 'Password of': key });
    const { code, out } = await runGaia(mint(), terminal);
    expect({ code, out }).toEqual({ code: 130, out: '' });
    expect(suite.requests).toEqual([]);
    expect(terminal.isRaw()).toBe(false);
  });
});

describe('gaia token mint, refused', () => {
  it.each<[string, FakeAnswer, string]>([
    [
      'by the suite',
      problem(403, 'insufficient_scope', 'The token does not allow this'),
      'gaia token mint: The token does not allow this (insufficient_scope)\n  request_id: req-1\n',
    ],
    [
      'for a wrong member',
      problem(400, 'validation_failed', 'Wrong', { errors: [{ path: '/body/site', message: 'is no site' }] }),
      'gaia token mint: Wrong (validation_failed)\n  /body/site: is no site\n  request_id: req-1\n',
    ],
    [
      'for now',
      { ...problem(429, 'rate_limited', 'Too many'), headers: { 'retry-after': '30' } },
      'gaia token mint: Too many (rate_limited)\n  Try again in 30 s.\n  request_id: req-1\n',
    ],
    ['without JSON', { status: 502, body: '<html>' }, 'gaia token mint: the server answered 502\n'],
    ['without a token', { status: 201, body: {} }, 'answered without an access token'],
    ['with something that is no token', { status: 201, body: { access_token: 'a\nb' } }, 'without an access token'],
    ['with no object', { body: '[]' }, "answered something that is not Gaia's (200)"],
    ['without end', { body: 'A'.repeat(5_000_000) }, 'larger than 4194304 bytes'],
    [
      'by a redirection',
      { status: 308, headers: { location: 'https://evil.example/' } },
      'answered 308 and points to https://evil.example/\n  Redirections are not followed',
    ],
    [
      'with a token in the message',
      problem(400, 'odd', `You sent ${administrator.accessToken}`, { detail: `Or ${MINTED}`, cause: MINTED }),
      'You sent <token> (odd, <token>)\n  Or <token>\n',
    ],
    ['with control characters', problem(400, 'odd', 'a\u001b[2Jb'), 'gaia token mint: a\\u001b[2Jb (odd)\n'],
  ])('%s', async (_name, given, message) => {
    answer = given;
    const { code, out, err } = await runGaia(mint(), { env });
    expect(err).toContain(message);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    for (const secret of secrets) expect(err).not.toContain(secret);
  });

  it('says that the password is wrong, and does not repeat it', async () => {
    const wrong = { ...env, GAIA_ADMIN_PASSWORD: 'a wrong password' };
    const { code, err } = await runGaia(mint(), { env: wrong });
    expect(err).toContain('The name or the password is wrong (invalid_credentials)\n  request_id: req-1\n');
    expect(err).not.toContain('a wrong password');
    expect(code).toBe(1);
    expect(suite.to('POST /auth/tokens')).toEqual([]);
  });

  it('says that nothing answers', async () => {
    const { code, err } = await runGaia([...mint().slice(0, -1), 'http://127.0.0.1:1'], { env });
    expect(err).toContain('http://127.0.0.1:1 cannot be reached');
    expect(code).toBe(1);
  });
});

describe('gaia token mint, wrong use', () => {
  it.each([
    ['--ttl', '0s', 'must be from 1s to 30m'],
    ['--ttl', '25h', 'must be from 1s to 30m'],
    ['--ttl', '15', 'must be a duration'],
    ['--ttl', '1.5h', 'must be a duration'],
    ['--ttl', '9999999s', 'must be a duration'],
    ['--scope', ' ', '--scope must be permissions'],
    ['--scope', 'a"b', '--scope must be permissions'],
    ['--site', 'b', '--site is given more than once'],
    ['--scope', '--ttl=5m', '--scope needs a value\n'],
    ['--ttl=5m', '--scope', "option '--scope <scope>' argument missing\n"],
    ['--ttl=5m', '--scope=', '--scope must not be empty'],
    ['--ttl=5m', `--scope=${'a'.repeat(1_025)}`, '--scope must have at most 1024 characters'],
    ['--token', MINTED, "unknown option '--token'\n"],
    [`--${MINTED}`, 'x', 'gaia token mint: unknown option\n'],
    [MINTED, MINTED, 'gaia token mint: too many arguments\n'],
  ])('%s %s', async (option, value, message) => {
    const { code, out, err } = await runGaia(mint(option, value), { env });
    expect(err).toContain(message);
    expect(err).not.toContain('eyJ');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(suite.requests).toEqual([]);
  });

  it.each([
    ['--user <email|id>', ['--site', 'a']],
    ['--site <site>', ['--user', 'a']],
  ])('without %s', async (missing, args) => {
    const { code, err } = await runGaia(['token', 'mint', ...args], { env });
    expect(err).toContain(`required option '${missing}' not specified\n`);
    expect(code).toBe(2);
  });

  it('neither a password in the environment nor a terminal', async () => {
    const { code, err } = await runGaia(mint(), { input: 'a password' });
    expect(err).toContain('set GAIA_ADMIN_EMAIL and GAIA_ADMIN_PASSWORD');
    expect(code).toBe(2);
  });
});

describe('gaia token mint over plain HTTP', () => {
  let posted: string[];
  const fetch: typeof globalThis.fetch = async (input) => {
    posted.push(String(input));
    return new Response(null, { status: 503 });
  };
  beforeAll(() => {
    posted = [];
  });
  afterAll(() => expect(posted).toHaveLength(5));

  it.each([
    ['http://gaia.example.com', true],
    ['http://localhost.evil.example', true],
    ['https://gaia.example.com', false],
    ['http://site-a.localhost:8080', false],
    ['http://[::1]:8080', false],
  ])('%s warns: %s', async (url, warns) => {
    const { err } = await runGaia([...mint().slice(0, -1), url], { env, fetch });
    expect(err.includes('the password can be read on the way')).toBe(warns);
  });
});
