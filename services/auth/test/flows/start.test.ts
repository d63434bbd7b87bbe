import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteState } from '@gaia/state/sqlite';
import { testDatabase } from '@gaia/test-servers/postgres';
import { afterAll, describe, expect, it } from 'vitest';
import { publicJwkOf } from '../../src/keys/public-jwk.ts';
import {
  ADMIN,
  type AuthUnderTest,
  backends,
  claimsOf,
  createClock,
  openTestState,
  refusal,
  startAuth,
} from '../support/auth-under-test.ts';

const directory = mkdtempSync(join(tmpdir(), 'gaia-auth-test-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** Keys of the service's own making, none of them by schedule: a slow test would see the next one appear. */
const ownKeys = { AUTH_SIGNING_KEY_FILE: '', AUTH_KEY_ROTATION_SECONDS: '0' };

async function keysOf(auth: AuthUnderTest): Promise<{ kid: string }[]> {
  return (await auth.get('/.well-known/jwks.json')).json().keys;
}

describe('a first start', () => {
  it('of several replicas at once makes one key and one administrator, told of once', async () => {
    const databaseUrl = (await testDatabase('auth')).url;
    const announced: { email: string; password: string }[] = [];
    const clock = createClock();
    await using state = Object.assign(openTestState('memory', clock), {
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
    const env = {
      AUTH_KEK: 'ab'.repeat(32),
      AUTH_REFRESH_SECRET: 'r'.repeat(32),
      ...ownKeys,
      GAIA_ADMIN_EMAIL: '',
      GAIA_ADMIN_PASSWORD: '',
    };
    const replicas = await Promise.all(
      Array.from({ length: 4 }, () =>
        startAuth({ databaseUrl, state, clock, env, announce: (administrator) => announced.push(administrator) }),
      ),
    );
    try {
      expect(announced).toEqual([{ email: 'admin@localhost', password: expect.stringMatching(/^[\w-]{20}$/) }]);
      const sets = await Promise.all(replicas.map(keysOf));
      expect(sets[0]).toHaveLength(1);
      expect(new Set(sets.map((set) => JSON.stringify(set))).size).toBe(1);
      const [one, two] = replicas as [AuthUnderTest, AuthUnderTest];
      const tokens = await one.login(announced[0]);
      expect((await two.get('/auth/me', tokens.access_token)).statusCode).toBe(200);
      expect((await two.post('/auth/refresh', { refresh_token: tokens.refresh_token })).statusCode).toBe(200);
      expect((await two.get('/auth/users', tokens.access_token)).json().items).toHaveLength(1);
      for (const replica of replicas) expect(replica.logged()).not.toContain(announced[0]?.password);
    } finally {
      await Promise.all(replicas.map((replica) => replica.app.close()));
      await state.close();
    }
  });

  it('without a terminal needs a password, and rolls back', async () => {
    const databaseUrl = (await testDatabase('auth')).url;
    const env = { AUTH_KEK: 'ab'.repeat(32) };
    const nobody = startAuth({ databaseUrl, env: { ...env, GAIA_ADMIN_PASSWORD: '' } });
    await expect(nobody).rejects.toThrow(/GAIA_ADMIN_PASSWORD/);
    await using auth = await startAuth({ databaseUrl, env });
    await auth.login();
  });
});

describe('a later start', () => {
  it('keeps keys and users, changes neither address nor password of the administrator, and says so', async () => {
    await using first = await startAuth({ env: ownKeys });
    const keys = await keysOf(first);
    const env = { ...first.env, GAIA_ADMIN_EMAIL: 'other@gaia.test', GAIA_ADMIN_PASSWORD: 'another password' };
    await using second = await startAuth({ databaseUrl: first.databaseUrl, env });
    expect(await keysOf(second)).toEqual(keys);
    await second.login(ADMIN);
    const other = await second.post('/auth/login', { email: 'other@gaia.test', password: 'another password' });
    expect(other.statusCode).toBe(401);
    expect(first.logged()).not.toContain('an administrator exists');
    expect(second.logged()).toContain('"unused":["GAIA_ADMIN_EMAIL","GAIA_ADMIN_PASSWORD"]');
    expect(second.logged()).toContain('an administrator exists, so these settings are not used');
    expect(second.logged()).not.toContain('another password');
  });

  it('with another key encryption key says so and makes no new keys', async () => {
    await using first = await startAuth({ env: ownKeys });
    const options = { databaseUrl: first.databaseUrl, env: { ...first.env, AUTH_KEK: 'cd'.repeat(32) } };
    await expect(startAuth(options)).rejects.toMatchObject({ code: 'keys_sealed' });
    await using again = await startAuth({ databaseUrl: first.databaseUrl, env: first.env });
    expect(await keysOf(again)).toHaveLength(1);
    const both = { ...first.env, AUTH_KEK: `${'cd'.repeat(32)},${first.env.AUTH_KEK}` };
    await using changed = await startAuth({ databaseUrl: first.databaseUrl, env: both });
    expect(await keysOf(changed)).toEqual(await keysOf(again));
  });

  it('takes a key of one’s own as the one that signs, and still publishes the one before', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const file = join(directory, 'own.pem');
    writeFileSync(file, privateKey.export({ format: 'pem', type: 'pkcs8' }));
    await using first = await startAuth({ env: ownKeys });
    const [before] = await keysOf(first);
    const env = { ...first.env, AUTH_SIGNING_KEY_FILE: file };
    for (const attempt of [1, 2]) {
      await using auth = await startAuth({ databaseUrl: first.databaseUrl, env });
      const kids = (await keysOf(auth)).map((key) => key.kid);
      expect(kids.sort(), `start ${attempt}`).toEqual([before?.kid, (await publicJwkOf(publicKey)).kid].sort());
      const { access_token } = await auth.login();
      const header = JSON.parse(Buffer.from(access_token.split('.')[0] ?? '', 'base64url').toString('utf8'));
      expect(header.kid).toBe((await publicJwkOf(publicKey)).kid);
      expect((await auth.get('/auth/me', access_token)).statusCode).toBe(200);
    }
  });

  it.each([
    ['is not there', 'missing.pem', undefined],
    ['is no key', 'text.pem', 'not a key'],
    [
      'is of another kind',
      'ec.pem',
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'pem', type: 'pkcs8' }),
    ],
    [
      'is too short',
      'short.pem',
      generateKeyPairSync('rsa', { modulusLength: 1_024 }).privateKey.export({ format: 'pem', type: 'pkcs8' }),
    ],
  ])('with a key file that %s says so', async (_what, name, text) => {
    const file = join(directory, name);
    if (text !== undefined) writeFileSync(file, text);
    const error = await startAuth({ env: { AUTH_SIGNING_KEY_FILE: file } }).catch((reason) => reason);
    expect(error.message).toMatch(/^AUTH_SIGNING_KEY_FILE /);
    expect(error.message).not.toContain('not a key');
  });
});

describe('a restart', () => {
  it('with in-process state accepts no revoked token, not even in the same second, and new ones at once', async () => {
    const clock = createClock();
    await using first = await startAuth({ clock });
    const old = await first.login();
    await using second = await startAuth({ clock, databaseUrl: first.databaseUrl, env: first.env });
    const fresh = await second.login();
    await second.revoked(old.access_token);
    expect((await second.get('/auth/me', fresh.access_token)).statusCode).toBe(200);
    expect(claimsOf(fresh.access_token).iat).toBe(Math.floor(clock.now() / 1_000));
    const late = await second.post('/auth/refresh', { refresh_token: old.refresh_token });
    expect(late.json()).toMatchObject({ code: 'token_revoked', cause: 'session_ended' });
  });

  it('on the same state file keeps sessions and revocations, and on a new one accepts no earlier token', async () => {
    const clock = createClock();
    const openFile = (name: string) => openSqliteState({ file: join(directory, name), now: clock.now });
    const state = await openFile('state.sqlite');
    const first = await startAuth({ clock, state });
    const kept = await first.login();
    const ended = await first.login();
    expect((await first.post('/auth/logout', {}, ended.access_token)).statusCode).toBe(204);
    const from = { clock, databaseUrl: first.databaseUrl, env: first.env };
    await first.app.close();
    await state.close();

    const reopened = await openFile('state.sqlite');
    const second = await startAuth({ ...from, state: reopened });
    expect((await second.get('/auth/me', kept.access_token)).statusCode).toBe(200);
    expect((await second.post('/auth/refresh', { refresh_token: kept.refresh_token })).statusCode).toBe(200);
    expect(refusal(await second.get('/auth/me', ended.access_token)).code).toBe('token_revoked');
    const late = await second.post('/auth/refresh', { refresh_token: ended.refresh_token });
    expect(refusal(late).code).toBe('token_revoked');
    await second.app.close();
    await reopened.close();

    const fresh = await openFile('another.sqlite');
    const third = await startAuth({ ...from, state: fresh });
    for (const { access_token } of [kept, ended]) await third.revoked(access_token);
    await third.app.close();
    await fresh.close();
  });

  it('on state that has lived on cuts nothing off', async () => {
    const clock = createClock();
    for (const backend of backends) {
      const state = openTestState(backend, clock);
      const first = await startAuth({ clock, state });
      const tokens = await first.login();
      await first.app.close();
      await using second = await startAuth({ clock, state, databaseUrl: first.databaseUrl, env: first.env });
      expect((await second.get('/auth/me', tokens.access_token)).statusCode, backend).toBe(200);
      await second.app.close();
      await state.close();
    }
  });
});

describe('the published keys', () => {
  it('can be kept by verifiers and asked for again cheaply', async () => {
    await using auth = await startAuth();
    const answer = await auth.get('/.well-known/jwks.json');
    expect(answer.headers['cache-control']).toBe('public, max-age=300, stale-if-error=86400');
    expect(answer.json().keys).toEqual([
      { kty: 'RSA', kid: expect.any(String), use: 'sig', alg: 'RS256', n: expect.any(String), e: 'AQAB' },
    ]);
    const etag = String(answer.headers.etag);
    for (const [header, status] of [
      [etag, 304],
      [`W/${etag}`, 304],
      [`"other", ${etag}`, 304],
      ['*', 304],
      ['"other"', 200],
    ] as const) {
      const again = await auth.app.inject({ url: '/.well-known/jwks.json', headers: { 'if-none-match': header } });
      expect(again.statusCode).toBe(status);
      expect(again.headers.etag).toBe(etag);
      if (status === 304) expect(again.body).toBe('');
    }
  });
});
