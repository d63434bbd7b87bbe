import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { openDatabase } from '@gaia/database/database';
import { migrate } from '@gaia/database/migrate';
import { testDatabase } from '@gaia/test-servers/postgres';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { users } from '../../migrations/0001-users.ts';
import { auditLog } from '../../migrations/0002-audit-log.ts';
import { keyLife } from '../../migrations/0003-key-life.ts';
import { serviceAccounts } from '../../migrations/0004-service-accounts.ts';
import { digestOf } from '../../src/oauth/oauth-client.ts';
import {
  type Answer,
  type AuthUnderTest,
  claimsOf,
  ISSUER,
  refusal,
  startAuth,
  type TestMember,
} from '../support/auth-under-test.ts';

const A = 'site-a.localhost';
const DAY_SECONDS = 86_400;

let auth: AuthUnderTest;
let admin: string;
let user: TestMember;

beforeAll(async () => {
  auth = await startAuth({ env: { RATE_LIMIT: 'off' } });
  user = await auth.member({ site: A, roles: ['editor'] });
});
afterAll(() => auth[Symbol.asyncDispose]());

let accounts = 0;

/** A new account; `url` is where its secrets are. */
async function account(more: object = {}) {
  admin = (await auth.login()).access_token;
  accounts += 1;
  const id = `client-${accounts}`;
  const body = { id, scopes: ['content:read', 'users:manage'], may_exchange: true, ...more };
  const made = await auth.post('/auth/clients', body, admin);
  expect(made.statusCode, made.body).toBe(201);
  return { id, secret: made.json().secret as string, url: `/auth/clients/${id}/secrets` };
}

function ask(form: Readonly<Record<string, string>>, authorization?: string): Promise<Answer> {
  return auth.app.inject({
    method: 'POST',
    url: '/oauth/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...(authorization && { authorization }) },
    payload: new URLSearchParams(form).toString(),
  }) as Promise<Answer>;
}

const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
const credentials = (id: string, secret: string) => ask({ grant_type: 'client_credentials' }, basic(id, secret));

async function tokenOf(id: string, secret: string): Promise<string> {
  const answer = await credentials(id, secret);
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json().access_token;
}

const errorOf = async (id: string, secret: string) => (await credentials(id, secret)).json().error;

async function exchange(id: string, secret: string): Promise<string> {
  const { access_token } = await auth.login({ email: user.email, password: user.password });
  const form = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: access_token,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  };
  const answer = await ask(form, basic(id, secret));
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json().access_token;
}

/** A token that is good, but not for users' own routes. */
async function lives(token: string): Promise<void> {
  expect(refusal(await auth.get('/auth/sessions', token))).toEqual({ status: 403, code: 'forbidden' });
}

async function create(url: string, body: object = {}) {
  const made = await auth.post(url, body, admin);
  expect(made.statusCode, made.body).toBe(201);
  expect(made.headers['cache-control']).toBe('no-store');
  return made.json() as { id: string; secret: string; expires_at: string | null };
}

describe('secrets of a service account', () => {
  it('can be two at a time, so that one takes the place of the other without an outage', async () => {
    const { id, secret, url } = await account();
    const next = await create(url);
    expect(next.secret).toMatch(/^gaia_secret_[\w-]{43}$/);
    const [before, after] = [await tokenOf(id, secret), await tokenOf(id, next.secret)];
    expect(refusal(await auth.post(url, {}, admin))).toEqual({ status: 409, code: 'too_many_secrets' });

    const { items } = (await auth.get(url, admin)).json();
    expect(items).toEqual([
      { id: expect.any(String), created_at: expect.any(String), expires_at: null, last_used_at: expect.any(String) },
      { id: next.id, created_at: expect.any(String), expires_at: null, last_used_at: expect.any(String) },
    ]);
    expect((await auth.send('DELETE', `${url}/${items[0].id}`, admin)).statusCode).toBe(204);
    await auth.revoked(before);
    await lives(after);
    expect(await errorOf(id, secret)).toBe('invalid_client');
    expect(await tokenOf(id, next.secret)).not.toBe(after);
    expect(refusal(await auth.send('DELETE', `${url}/${items[0].id}`, admin)).code).toBe('secret_not_found');
    expect((await auth.get(url, admin)).body + auth.logged()).not.toContain(next.secret);
  });

  it('end at once with their tokens, also those to act for users, where another takes their place so', async () => {
    const { id, secret, url } = await account();
    const [own, acting] = [await tokenOf(id, secret), await exchange(id, secret)];
    const next = await create(url, { previous_expires_in: 0 });
    await auth.revoked(own);
    await auth.revoked(acting);
    expect(await errorOf(id, secret)).toBe('invalid_client');
    await lives(await tokenOf(id, next.secret));
    await lives(await exchange(id, next.secret));
    expect((await auth.get(url, admin)).json().items).toHaveLength(1);
    expect((await create(url, { previous_expires_in: 0 })).secret).not.toBe(next.secret);
  });

  it('work until their end, and no token of theirs lives longer', async () => {
    const { id, secret, url } = await account();
    const old = await tokenOf(id, secret);
    const next = await create(url, { expires_in: DAY_SECONDS, previous_expires_in: 600 });
    expect(Date.parse(String(next.expires_at)) - auth.clock.now()).toBe(DAY_SECONDS * 1_000);
    await auth.revoked(old);
    for (const token of [await tokenOf(id, secret), await exchange(id, secret)]) {
      const { exp } = claimsOf(token) as { exp: number };
      expect(exp * 1_000).toBeLessThanOrEqual(auth.clock.now() + 600_000);
      await lives(token);
    }
    auth.clock.advance(600_000);
    admin = (await auth.login()).access_token;
    expect(await errorOf(id, secret)).toBe('invalid_client');
    await lives(await tokenOf(id, next.secret));
    expect((await auth.get(url, admin)).json().items.map((item: { id: string }) => item.id)).toEqual([next.id]);
    auth.clock.advance(DAY_SECONDS * 1_000);
    expect(await errorOf(id, next.secret)).toBe('invalid_client');
    admin = (await auth.login()).access_token;
    expect((await auth.get(`/auth/clients/${id}`, admin)).json().has_secret).toBe(false);
  });

  it('keep an earlier end of their own, and tokens that cannot outlive a later one', async () => {
    const { id, secret, url } = await account();
    const short = await create(url, { expires_in: 3_600, previous_expires_in: 7_200 });
    const token = await tokenOf(id, secret);
    auth.clock.advance(1_800_000);
    admin = (await auth.login()).access_token;
    expect(refusal(await auth.post(url, { previous_expires_in: 7_200 }, admin)).code).toBe('too_many_secrets');
    const ends = (await auth.get(url, admin)).json().items.map((item: { expires_at: string }) => item.expires_at);
    expect(Date.parse(ends[0]) - auth.clock.now()).toBe(5_400_000);
    expect(ends[1]).toBe(short.expires_at);
    expect((await auth.get('/auth/sessions', token)).json().code).toBe('token_expired');
    await lives(await tokenOf(id, secret));
  });

  it('outlive a change of the account; tokens end with what it may, and not with its name', async () => {
    const { id, secret } = await account();
    const [own, acting] = [await tokenOf(id, secret), await exchange(id, secret)];
    const url = `/auth/clients/${id}`;
    expect((await auth.send('PATCH', url, admin, { name: 'Mailer' })).statusCode).toBe(200);
    await lives(own);
    expect((await auth.send('PATCH', url, admin, { scopes: ['content:read'] })).statusCode).toBe(200);
    await auth.revoked(own);
    await auth.revoked(acting);
    const [next, nextActing] = [await tokenOf(id, secret), await exchange(id, secret)];
    expect(claimsOf(next).scope).toBe('content:read');
    expect((await auth.send('DELETE', url, admin)).statusCode).toBe(204);
    await auth.revoked(next);
    await auth.revoked(nextActing);
    expect(refusal(await auth.send('DELETE', url, admin)).code).toBe('client_not_found');
  });

  it('are not ended by the logout of a token, which ends alone', async () => {
    const { id, secret } = await account();
    const [one, other, acting] = [await tokenOf(id, secret), await tokenOf(id, secret), await exchange(id, secret)];
    for (const token of [one, acting]) {
      expect((await auth.post('/auth/logout', undefined, token)).statusCode).toBe(204);
      await auth.revoked(token);
    }
    await lives(other);
    await lives(await exchange(id, secret));
  });

  it.each<[string, object]>([
    ['an end in the past', { expires_in: 0 }],
    ['an end too near', { expires_in: 59 }],
    ['an end as text', { expires_in: '3600' }],
    ['no end in sight', { expires_in: 1e12 }],
    ['a negative end of the one before', { previous_expires_in: -1 }],
    ['a secret of one’s own', { secret: 'x'.repeat(40) }],
    ['an end that is no number', { previous_expires_in: null }],
  ])('cannot be made with %s', async (_what, body) => {
    const { url } = await account();
    expect(refusal(await auth.post(url, body, admin))).toEqual({ status: 400, code: 'validation_failed' });
  });

  it('are the business of administrators, and of the account that they belong to', async () => {
    const [one, other] = [await account(), await account()];
    const { items } = (await auth.get(one.url, admin)).json();
    const foreign = `${other.url}/${items[0].id}`;
    expect(refusal(await auth.send('DELETE', foreign, admin)).code).toBe('secret_not_found');
    expect(refusal(await auth.post('/auth/clients/unknown/secrets', {}, admin)).code).toBe('client_not_found');
    expect(refusal(await auth.get('/auth/clients/unknown/secrets', admin)).code).toBe('client_not_found');
    const { access_token } = await auth.login({ email: user.email, password: user.password });
    const service = await tokenOf(one.id, one.secret);
    for (const token of [access_token, service]) {
      for (const answer of [
        await auth.get(one.url, token),
        await auth.post(one.url, {}, token),
        await auth.send('DELETE', `${one.url}/${items[0].id}`, token),
      ]) {
        expect(refusal(answer)).toEqual({ status: 403, code: 'insufficient_scope' });
      }
    }
  });

  it('stand in the audit log by their id', async () => {
    const { id, url } = await account();
    const next = await create(url, { expires_in: 3_600 });
    await auth.send('DELETE', `${url}/${next.id}`, admin);
    const { items } = (await auth.get(`/auth/audit?target=${id}`, admin)).json();
    const told = items.map(({ action, details }: { action: string; details: object }) => ({ action, details }));
    expect(told).toContainEqual({ action: 'client.secret_create', details: { secret: next.id, expires_in: 3_600 } });
    expect(told).toContainEqual({ action: 'client.secret_end', details: { secret: next.id } });
    expect(JSON.stringify(items)).not.toContain('gaia_secret_');
  });
});

it('tokens that were obtained with a key end when the key is removed', async () => {
  const [key, next] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
  const { id, secret } = await account({ public_keys: [key.publicKey.export({ format: 'jwk' })] });
  expect(secret).toBeNull();
  const claims = { iss: id, sub: id, aud: ISSUER, exp: Math.floor(auth.clock.now() / 1_000) + 60, jti: randomUUID() };
  const text = [{ alg: 'EdDSA' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  const signature = sign(null, Buffer.from(text.join('.')), key.privateKey).toString('base64url');
  const answer = await ask({
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: [...text, signature].join('.'),
  });
  const { access_token } = answer.json();
  await lives(access_token);
  const body = { public_keys: [next.publicKey.export({ format: 'jwk' })] };
  expect((await auth.send('PATCH', `/auth/clients/${id}`, admin, body)).statusCode).toBe(200);
  await auth.revoked(access_token);
});

it('a secret of an earlier version goes on working, and can be replaced', async () => {
  const { url } = await testDatabase('auth');
  await migrate({ url, schema: 'auth', migrations: [users, auditLog, keyLife, serviceAccounts] });
  const database = openDatabase<never>({ url, schema: 'auth', applicationName: 'test' });
  await sql`
    insert into service_accounts values
      ('old', 'Old', null, '{content:read}', ${digestOf('gaia_secret_old')}, null, false, false, now(), now()),
      ('keyed', 'Keyed', null, '{content:read}', null, '[]', false, false, now(), now())`.execute(database);
  await database.destroy();
  await using updated = await startAuth({ databaseUrl: url });
  const { access_token } = await updated.login();
  const answer = await updated.app.inject({
    method: 'POST',
    url: '/oauth/token',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: basic('old', 'gaia_secret_old'),
    },
    payload: 'grant_type=client_credentials',
  });
  expect(answer.statusCode, answer.body).toBe(200);
  const next = await updated.post('/auth/clients/old/secrets', { previous_expires_in: 0 }, access_token);
  expect(next.statusCode, next.body).toBe(201);
  await updated.revoked(answer.json().access_token);
  expect((await updated.get('/auth/clients/keyed', access_token)).json().has_secret).toBe(false);
});
