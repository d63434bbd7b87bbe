import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RETIRING_MS } from '../../src/keys/key-life.ts';
import { publicJwkOf } from '../../src/keys/public-jwk.ts';
import {
  type AuthUnderTest,
  claimsOf,
  createClock,
  openTestState,
  refusal,
  startAuth,
} from '../support/auth-under-test.ts';

// Without a schedule no key is made that a test does not ask for.
const own = {
  AUTH_SIGNING_KEY_FILE: '',
  AUTH_KEY_ROTATION_SECONDS: '0',
  RATE_LIMIT: 'off',
  AUTH_KEY_PUBLISH_SECONDS: '100000',
};
const PUBLISHED_MS = 100_000_000;

const published = async (auth: AuthUnderTest): Promise<string[]> =>
  (await auth.get('/.well-known/jwks.json')).json().keys.map((key: { kid: string }) => key.kid);
const kidOf = (token: string): string =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('utf8')).kid;

async function states(auth: AuthUnderTest): Promise<Record<string, string>> {
  const { access_token } = await auth.login();
  const { items } = (await auth.get('/auth/keys', access_token)).json();
  return Object.fromEntries(items.map((key: { kid: string; state: string }) => [key.state, key.kid]));
}
const command = async (auth: AuthUnderTest, path: string, body?: object) =>
  auth.post(`/auth/keys/${path}`, body, (await auth.login()).access_token);

describe('rotation', () => {
  it('publishes a key before it signs, and keeps the one before as long as its tokens', async () => {
    await using auth = await startAuth({ env: own });
    const [first] = await published(auth);
    const old = (await auth.login()).access_token;
    const asked = await command(auth, 'rotate', {});
    expect(asked.statusCode, asked.body).toBe(200);
    const { active, next } = await states(auth);
    expect(active).toBe(first);
    expect(await published(auth)).toEqual([next, first]);
    expect(kidOf((await auth.login()).access_token)).toBe(first);

    auth.clock.advance(PUBLISHED_MS);
    await command(auth, 'rotate', {});
    expect(await states(auth)).toMatchObject({ active: next, retiring: first });
    const fresh = (await auth.login()).access_token;
    expect(kidOf(fresh)).toBe(next);
    expect((await auth.get('/auth/me', fresh)).statusCode).toBe(200);
    expect((await auth.get('/auth/me', old)).json().code).toBe('token_expired');

    auth.clock.advance(RETIRING_MS);
    await command(auth, 'rotate', {});
    expect(await published(auth)).not.toContain(first);
  });

  it('at once refuses nothing that was signed before', async () => {
    await using auth = await startAuth({ env: own });
    const old = (await auth.login()).access_token;
    await command(auth, 'rotate', { at_once: true });
    const fresh = (await auth.login()).access_token;
    expect(kidOf(fresh)).not.toBe(kidOf(old));
    for (const token of [old, fresh]) expect((await auth.get('/auth/me', token)).statusCode).toBe(200);
  });

  it('is heard of by other replicas without a restart', async () => {
    const clock = createClock();
    const state = openTestState('memory', clock);
    const env = { ...own, AUTH_KEK: 'ab'.repeat(32), AUTH_REFRESH_SECRET: 'r'.repeat(32), AUTH_KEY_CHECK_SECONDS: '1' };
    await using one = await startAuth({ env, clock, state });
    await using two = await startAuth({ env, clock, state, databaseUrl: one.databaseUrl });
    await command(one, 'rotate', { at_once: true });
    const { access_token } = await one.login();
    expect((await two.get('/auth/me', access_token)).statusCode).toBe(200);
    await vi.waitFor(async () => expect(kidOf((await two.login()).access_token)).toBe(kidOf(access_token)), 15_000);

    const victim = kidOf(access_token);
    expect((await command(one, `${victim}/compromise`)).statusCode).toBe(200);
    await two.revoked(access_token);
    await vi.waitFor(async () => expect(await published(two)).not.toContain(victim), 15_000);
    expect((await two.get('/auth/me', (await two.login()).access_token)).statusCode).toBe(200);
    await state.close();
  });
});

describe('a compromised key', () => {
  it('is dropped at once, whatever it has signed, and never comes back', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' });
    const { kid } = await publicJwkOf(publicKey);
    await using auth = await startAuth({ env: own });
    const imported = await command(auth, 'import', { pem, at_once: true });
    expect(imported.statusCode, imported.body).toBe(201);
    const victim = await auth.login();
    expect(kidOf(victim.access_token)).toBe(kid);
    expect(refusal(await command(auth, 'import', { pem }))).toEqual({ status: 409, code: 'key_exists' });

    const dropped = await command(auth, `${kid}/compromise`);
    expect(dropped.statusCode, dropped.body).toBe(200);
    expect(refusal(await auth.get('/auth/me', victim.access_token)).status).toBe(401);
    expect(await published(auth)).not.toContain(kid);
    // The login itself lives on: refresh tokens are signed with another secret.
    const refreshed = (await auth.post('/auth/refresh', { refresh_token: victim.refresh_token })).json();
    expect((await auth.get('/auth/me', refreshed.access_token)).statusCode).toBe(200);
    expect(claimsOf(refreshed.access_token).sid).toBe(claimsOf(victim.access_token).sid);

    expect((await command(auth, `${kid}/compromise`)).statusCode).toBe(200);
    expect(refusal(await command(auth, 'import', { pem }))).toEqual({ status: 409, code: 'key_compromised' });
    const { entries } = await auth.state.revocations.snapshot(auth.clock.now());
    expect(entries.map((entry) => entry.revocation)).toContainEqual({ kind: 'kid', id: kid });
  });
});

describe('key encryption keys', () => {
  it('are rotated by starting with the new one before the old one, and then without the old one', async () => {
    await using first = await startAuth({ env: own });
    const keys = await published(first);
    const renewed = 'cd'.repeat(32);
    const options = {
      databaseUrl: first.databaseUrl,
      env: { ...first.env, AUTH_KEK: `${renewed},${first.env.AUTH_KEK}` },
    };
    await using both = await startAuth(options);
    expect(await published(both)).toEqual(keys);
    await using alone = await startAuth({ ...options, env: { ...first.env, AUTH_KEK: renewed } });
    expect(await published(alone)).toEqual(keys);
    // A replica that still has the old one only goes on with the keys that it knows.
    expect((await first.get('/auth/me', (await first.login()).access_token)).statusCode).toBe(200);
  });
});

describe('key commands', () => {
  let auth: AuthUnderTest;
  beforeAll(async () => {
    auth = await startAuth({ env: { RATE_LIMIT: 'off', AUTH_SIGNING_KEY_FILE: '' } });
  });
  afterAll(() => auth[Symbol.asyncDispose]());

  it.each<[string, string, object | undefined, number, string]>([
    ['what is no PEM', 'import', { pem: 'x' }, 400, 'validation_failed'],
    ['a number', 'import', { pem: 1 }, 400, 'validation_failed'],
    ['an unknown member', 'rotate', { force: true }, 400, 'validation_failed'],
    ['an unknown key', 'unknown/compromise', undefined, 404, 'key_not_found'],
    ['an odd key', 'a%00b/compromise', undefined, 400, 'validation_failed'],
  ])('refuse %s', async (_what, path, body, status, code) => {
    expect(refusal(await command(auth, path, body))).toEqual({ status, code });
  });

  it('refuse to move what a key file pins, and everybody but administrators', async () => {
    await using pinned = await startAuth();
    expect(refusal(await command(pinned, 'rotate', {}))).toEqual({ status: 409, code: 'key_pinned' });
    const boss = await auth.member({ site: 'site-a.localhost', roles: ['owner'] });
    const { access_token } = await auth.login({ email: boss.email, password: boss.password });
    expect(refusal(await auth.get('/auth/keys', access_token)).code).toBe('insufficient_scope');
    for (const path of ['rotate', 'import', 'x/compromise']) {
      const body = path === 'import' ? { pem: 'x' } : {};
      expect(refusal(await auth.post(`/auth/keys/${path}`, body, access_token)).code).toBe('insufficient_scope');
    }
  });
});
