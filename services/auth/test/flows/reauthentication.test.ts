import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN, type AuthUnderTest, claimsOf, refusal, startAuth } from '../support/auth-under-test.ts';

const SITE = 'site-a.localhost';
const MINUTE_MS = 60_000;
let auth: AuthUnderTest;

beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth[Symbol.asyncDispose]());

const reauthenticate = (token: string, current_password: string = ADMIN.password) =>
  auth.post('/auth/reauthenticate', { current_password }, token);
let clients = 0;
function makeClient(token: string, more: object = {}) {
  clients += 1;
  return auth.post('/auth/clients', { id: `client-${clients}`, scopes: ['clients:manage'], ...more }, token);
}

describe('authenticating again', () => {
  it('gives the session a new time of authentication, which refreshing does not change', async () => {
    const before = await auth.login();
    auth.clock.advance(6 * MINUTE_MS);
    const answer = await reauthenticate(before.access_token);
    expect(answer.statusCode, answer.body).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    const [old, fresh] = [claimsOf(before.access_token), claimsOf(answer.json().access_token)];
    expect(fresh.auth_time).toBe(Math.floor(auth.clock.now() / 1_000));
    expect(String(fresh.sid).split('.')[0]).toBe(old.sid);
    expect(fresh).toMatchObject({ sub: old.sub, roles: old.roles, scope: old.scope, amr: ['pwd'] });
    await auth.revoked(before.access_token);
    expect((await auth.post('/auth/refresh', { refresh_token: before.refresh_token })).statusCode).toBe(401);

    auth.clock.advance(10 * MINUTE_MS);
    const next = await auth.post('/auth/refresh', { refresh_token: answer.json().refresh_token });
    expect(claimsOf(next.json().access_token).auth_time).toBe(fresh.auth_time);
    expect(next.json().session_expires_in).toBeLessThan(30 * 86_400 - 15 * 60);
  });

  it('counts wrong passwords as a login does, and with them', async () => {
    const user = await auth.member({ site: SITE });
    const { access_token } = await auth.login({ email: user.email, password: user.password });
    for (let guess = 0; guess < 3; guess += 1) {
      expect(refusal(await reauthenticate(access_token, 'wrong'))).toEqual({ status: 403, code: 'wrong_password' });
      await auth.post('/auth/login', { email: user.email, password: 'wrong' });
    }
    const refused = await reauthenticate(access_token, user.password);
    expect([refused.statusCode, refused.json().code]).toEqual([429, 'rate_limited']);
    expect(refused.headers['retry-after']).toBe('2');
  });

  it('is for users themselves alone, and for sessions that live', async () => {
    const user = await auth.member({ site: SITE });
    const admin = await auth.login();
    const body = { user: user.id, site: SITE, ttl_seconds: 600 };
    const minted = (await auth.post('/auth/tokens', body, admin.access_token)).json().access_token;
    expect(refusal(await reauthenticate(minted, user.password)).code).toBe('forbidden');
    const tokens = await auth.login({ email: user.email, password: user.password });
    await auth.post('/auth/logout', { refresh_token: tokens.refresh_token });
    expect(refusal(await reauthenticate(tokens.access_token, user.password)).code).toBe('token_revoked');
    expect(refusal(await auth.post('/auth/reauthenticate', {}, admin.access_token)).code).toBe('validation_failed');
  });
});

describe('what hands out a secret of a service account', () => {
  it('asks users for an authentication of the last five minutes', async () => {
    const { access_token } = await auth.login();
    const made = await makeClient(access_token);
    expect(made.statusCode, made.body).toBe(201);
    const url = `/auth/clients/${made.json().id}`;
    auth.clock.advance(5 * MINUTE_MS + 1_000);
    const asked: [string, () => ReturnType<typeof makeClient>][] = [
      ['an account', () => makeClient(access_token)],
      ['a secret', () => auth.post(`${url}/secrets`, {}, access_token)],
      ['a key', () => auth.send('PATCH', url, access_token, { public_keys: [] })],
    ];
    for (const [what, ask] of asked) {
      const refused = await ask();
      expect(refusal(refused), what).toEqual({ status: 401, code: 'insufficient_user_authentication' });
      expect(refused.headers['www-authenticate']).toMatch(/error="insufficient_user_authentication".* max_age="300"$/);
      expect(refused.body).not.toContain('gaia_secret_');
    }
    expect((await auth.send('PATCH', url, access_token, { name: 'Renamed' })).statusCode).toBe(200);
    const fresh = (await reauthenticate(access_token)).json().access_token;
    expect((await auth.post(`${url}/secrets`, {}, fresh)).statusCode).toBe(201);
  });

  it('lets a service account with the permission go on by itself', async () => {
    const made = await makeClient((await auth.login()).access_token);
    const answer = await auth.app.inject({
      method: 'POST',
      url: '/oauth/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: made.json().id,
        client_secret: made.json().secret,
      }).toString(),
    });
    auth.clock.advance(10 * MINUTE_MS);
    expect((await makeClient(answer.json().access_token)).statusCode).toBe(201);
  });
});
