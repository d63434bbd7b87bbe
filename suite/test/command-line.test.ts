import { generateKeyPairSync } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import { gaia } from '@gaia/cli/gaia';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { login, site } from './known-keys.ts';
import { call, password, type RunningSuite, runSuite } from './running-suite.ts';

let suite: RunningSuite;
beforeAll(async () => {
  suite = await runSuite({ RATE_LIMIT: 'off' });
}, 60_000);
afterAll(() => suite?.stop());

const email = 'ann@example.com';

it('makes a user, a token for her, and tells what becomes of it', async () => {
  const made = await run(['users', 'create', email, '--site', site, '--role', 'editor', '--password-stdin', '--json'], {
    input: 'a-heron-in-the-reeds-47\n',
  });
  expect(made).toMatchObject({ code: 0, err: '' });
  const ann = JSON.parse(made.out);
  expect(await run(['users', 'show', email])).toMatchObject({ code: 0, out: expect.stringContaining(ann.id) });
  expect((await run(['users', 'list', '--site', site])).out).toMatch(/ann@example\.com .*editor/);

  const minted = await run([
    'token',
    'mint',
    '--user',
    email,
    '--site',
    site,
    '--ttl',
    '5m',
    '--scope',
    'content:read',
  ]);
  expect(minted).toMatchObject({ code: 0, err: '' });
  const token = minted.out.trim();
  const whoAmI = await call('GET', `${suite.url}/cms/whoami`, { token });
  expect(whoAmI.json).toMatchObject({ sub: ann.id, site, scope: 'content:read' });
  const inspected = await run(['token', 'inspect', '-'], { input: token });
  expect(inspected).toMatchObject({ code: 0, out: expect.stringContaining('The suite takes it') });

  await call('PATCH', `${suite.url}/auth/users/${ann.id}`, {
    token: (await login(suite.url)).access,
    body: { disabled: true },
  });
  const after = await run(['token', 'inspect', '-'], { input: `Bearer ${token}` });
  expect(after).toMatchObject({ code: 1, out: expect.stringContaining('token_revoked') });
});

it('moves keys, and ends its own login whatever happens to the key of it', async () => {
  const before = await logins();
  const token = (await run(['token', 'mint', '--user', 'admin@localhost', '--site', site])).out.trim();
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const input = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  expect(await run(['keys', 'import'], { input })).toMatchObject({ code: 0, err: '' });
  expect(await run(['keys', 'rotate', '--at-once'])).toMatchObject({ code: 0, err: '' });
  const keys = JSON.parse((await run(['keys', 'list', '--json'])).out) as { kid: string; state: string }[];
  expect(keys.map(({ state }) => state).sort()).toEqual(expect.arrayContaining(['active', 'retiring']));
  expect((await run(['token', 'inspect', '-'], { input: token })).code).toBe(0);

  for (const state of ['retiring', 'active']) {
    const kid = keys.find((key) => key.state === state)?.kid ?? '';
    expect(await run(['keys', 'compromise', kid])).toMatchObject({ code: 0, err: '' });
  }
  expect(await run(['token', 'inspect', '-'], { input: token })).toMatchObject({
    code: 1,
    out: expect.stringContaining('REFUSED'),
  });
  // Beside the one that counts them, the one that the token was minted in: it would have ended with it.
  expect(await logins()).toBe(before + 2);
});

it('verifies the audit logs, and does not take one for another', async () => {
  const { code, out } = await run(['audit', 'verify']);
  expect({ code, out }).toEqual({
    code: 0,
    out: expect.stringMatching(/^auth=\d+:[0-9a-f]{64},cms=\d+:[0-9a-f]{64},search=\d+:[0-9a-f]{64}\n$/),
  });
  expect((await run(['audit', 'verify', '--noted', out.trim()])).code).toBe(0);
  const forged = `${out.slice(0, -2)}${out.at(-2) === '0' ? '1' : '0'}`;
  expect(await run(['audit', 'verify', '--noted', forged])).toMatchObject({
    code: 1,
    err: expect.stringContaining('not the one that was noted'),
  });
});

it('signs what a payment provider would send', async () => {
  const { access: token, user } = await login(suite.url);
  const of = (path: string, body: object) => call('POST', `${suite.url}/cms/sites/${site}/${path}`, { token, body });
  await of('products', { id: 'course', name: 'Course' });
  const { json } = await of('webhooks', { name: 'payments' });
  const sign = ['webhook', 'sign', json.id, '--user', user, '--product', 'course', '--send'];
  const delivered = await run(sign, { env: { GAIA_WEBHOOK_SECRET: json.secret } });
  expect(delivered).toMatchObject({ code: 0, out: expect.stringContaining('"applied"') });
  const refused = await run(sign, { env: { GAIA_WEBHOOK_SECRET: `${json.secret}x` } });
  expect(refused).toMatchObject({ code: 1, out: expect.stringContaining('signature_invalid') });
});

/** How many logins of the administrator live, the one that asks included. */
async function logins(): Promise<number> {
  const { access: token } = await login(suite.url);
  return (await call('GET', `${suite.url}/auth/sessions`, { token })).json.items.length;
}

/** The command line as it would run beside this suite, in this process. */
async function run(
  args: readonly string[],
  { input = '', env = {} }: { readonly input?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await gaia(args, {
    fetch,
    now: Date.now,
    stdin: Readable.from(input === '' ? [] : [Buffer.from(input)]),
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
    env: { PORT: String(suite.port), GAIA_ADMIN_PASSWORD: password, ...env },
    spawn: () => {
      throw new Error('nothing is to be started here');
    },
    signals: new EventEmitter(),
  });
  return { code, out: out.join(''), err: err.join('') };
}
