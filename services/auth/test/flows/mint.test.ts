import { openDatabase } from '@gaia/database/database';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ADMIN,
  type AuthUnderTest,
  claimsOf,
  refusal,
  startAuth,
  type TestMember,
  type Tokens,
} from '../support/auth-under-test.ts';

const SITE = 'site-a.localhost';
let auth: AuthUnderTest;
let admin: string;
let user: TestMember;

beforeAll(async () => {
  auth = await startAuth({ env: { RATE_LIMIT: 'off' } });
  user = await auth.member({ site: SITE, roles: ['editor'], name: 'ada' });
  await auth.post('/auth/sites', { id: 'site-b.localhost', name: 'b' }, (await auth.login()).access_token);
  admin = (await auth.login()).access_token;
});
afterAll(() => auth[Symbol.asyncDispose]());

const mint = (body: object, token = admin) => auth.post('/auth/tokens', body, token);
const asked = () => ({ user: user.email, site: SITE, ttl_seconds: 60 });

describe('POST /auth/tokens', () => {
  it.each([['email'], ['username'], ['id']] as const)('makes a token of the user that the %s names', async (name) => {
    const answer = await mint({ ...asked(), user: user[name] });
    expect(answer.statusCode, answer.body).toBe(201);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.json()).toMatchObject({ token_type: 'Bearer', expires_in: 60 });
    const claims = claimsOf(answer.json().access_token);
    expect(claims).toMatchObject({
      sub: user.id,
      site: SITE,
      roles: ['editor'],
      act: { sub: claimsOf(admin).sub },
      client_id: 'gaia',
    });
    expect(Number(claims.exp) - Number(claims.iat)).toBe(60);
    expect(claims.sid).toBe(claimsOf(admin).sid);
    expect(claims).not.toHaveProperty('auth_time');
    expect((await auth.get('/auth/me', answer.json().access_token)).json().id).toBe(user.id);
  });

  it('with less than the user may do', async () => {
    const answer = await mint({ ...asked(), scope: 'content:read assets:read' });
    expect(answer.json().scope).toBe('content:read assets:read');
  });

  it('never with what makes further tokens, not even for an administrator', async () => {
    const minted = (await mint({ ...asked(), user: ADMIN.email })).json();
    expect(minted.scope.split(' ')).toContain('site:delete');
    for (const scope of ['tokens:mint', 'keys:manage', 'clients:manage']) expect(minted.scope).not.toContain(scope);
    expect(refusal(await mint(asked(), minted.access_token)).code).toBe('insufficient_scope');
  });

  it('stands in the audit log', async () => {
    await mint({ ...asked(), ttl_seconds: 77 });
    const { items } = (await auth.get(`/auth/audit?action=token.mint&target=${user.id}`, admin)).json();
    expect(items[0]).toMatchObject({ actor: claimsOf(admin).sub, site: SITE, details: { ttl_seconds: 77 } });
  });

  it('ends with a change of the user’s roles', async () => {
    const other = await auth.member({ site: SITE, roles: ['author'] });
    const token = (await mint({ ...asked(), user: other.id })).json().access_token;
    await auth.send('PUT', `/auth/sites/${SITE}/members/${other.id}`, admin, { roles: ['member'] });
    await auth.revoked(token);
  });

  it.each<[string, (tokens: Tokens, id: string) => Promise<unknown>]>([
    ['the administrator logs out', (tokens) => auth.post('/auth/logout', { refresh_token: tokens.refresh_token })],
    [
      'the administrator is disabled',
      (_tokens, id) => auth.send('PATCH', `/auth/users/${id}`, admin, { disabled: true }),
    ],
  ])('ends when %s, and what was exchanged for it as well', async (_what, end) => {
    const other = await auth.member({ site: SITE });
    const database = openDatabase<never>({ url: auth.databaseUrl, schema: 'auth', applicationName: 'test' });
    await sql`update users set administrator = true where id = ${other.id}`.execute(database);
    await database.destroy();
    const tokens = await auth.login({ email: other.email, password: other.password });
    const minted = (await mint(asked(), tokens.access_token)).json().access_token;
    const body = {
      id: `helper-${tokens.access_token
        .slice(-6)
        .toLowerCase()
        .replace(/[^a-z0-9]/g, 'x')}`,
    };
    const client = { ...body, scopes: ['content:read'], may_exchange: true };
    const { secret } = (await auth.post('/auth/clients', client, (await auth.login()).access_token)).json();
    const exchanged = await auth.app.inject({
      method: 'POST',
      url: '/oauth/token',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: `Basic ${Buffer.from(`${body.id}:${secret}`).toString('base64')}`,
      },
      payload: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: minted,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      }).toString(),
    });
    expect(exchanged.statusCode, exchanged.body).toBe(200);
    await end(tokens, other.id);
    await auth.revoked(minted);
    await auth.revoked(exchanged.json().access_token);
  });

  it('logs nobody out: it ends alone', async () => {
    const token = (await mint(asked())).json().access_token;
    expect((await auth.post('/auth/logout', undefined, token)).statusCode).toBe(204);
    await auth.revoked(token);
    expect((await auth.get('/auth/me', admin)).statusCode).toBe(200);
  });

  it.each<[string, object, number, string]>([
    ['an unknown user', { user: 'nobody@gaia.test' }, 404, 'user_not_found'],
    ['an unknown id', { user: '019aa5b2-0000-7000-8000-000000000001' }, 404, 'user_not_found'],
    ['a site of others', { site: 'site-b.localhost' }, 403, 'not_a_member'],
    ['no such site', { site: 'none.localhost' }, 403, 'not_a_member'],
    ['more than the user may do', { scope: 'content:read site:delete' }, 400, 'invalid_scope'],
    ['what nobody may do', { scope: 'toString' }, 400, 'invalid_scope'],
    ['two spaces', { scope: 'content:read  assets:read' }, 400, 'validation_failed'],
    ['no life', { ttl_seconds: 0 }, 400, 'validation_failed'],
    ['too long a life', { ttl_seconds: 1_801 }, 400, 'validation_failed'],
    ['a life as text', { ttl_seconds: '60' }, 400, 'validation_failed'],
    ['roles', { roles: ['owner'] }, 400, 'validation_failed'],
  ])('refuses %s', async (_what, part, status, code) => {
    expect(refusal(await mint({ ...asked(), ...part }))).toEqual({ status, code });
  });

  it('refuses a disabled user, and everybody but administrators', async () => {
    const off = await auth.member({ site: SITE });
    await auth.send('PATCH', `/auth/users/${off.id}`, admin, { disabled: true });
    expect(refusal(await mint({ ...asked(), user: off.id }))).toEqual({ status: 409, code: 'user_disabled' });
    const boss = await auth.member({ site: SITE, roles: ['owner'] });
    const { access_token } = await auth.login({ email: boss.email, password: boss.password });
    expect(refusal(await mint(asked(), access_token))).toEqual({ status: 403, code: 'insufficient_scope' });
  });
});
