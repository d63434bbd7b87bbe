import { randomUUID } from 'node:crypto';
import { dereferenced } from '@gaia/testing/dereferenced';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type AuthUnderTest,
  claimsOf,
  refusal,
  startAuth,
  type TestMember,
  type Tokens,
} from '../support/auth-under-test.ts';
import { type Schema, sampleOf } from '../support/sample.ts';

const A = 'site-a.localhost';
const B = 'site-b.localhost';
const NEW = 'four quiet purple lanterns';
let auth: AuthUnderTest;
let admin: string;

beforeAll(async () => {
  auth = await startAuth({ env: { RATE_LIMIT: 'off' } });
  admin = (await auth.login()).access_token;
  for (const id of [A, B]) await auth.post('/auth/sites', { id, name: id }, admin);
});
afterAll(() => auth[Symbol.asyncDispose]());

/** A user without a site. */
async function leaver(): Promise<TestMember> {
  const user = await auth.member({ site: A });
  expect((await auth.send('DELETE', `/auth/sites/${A}/members/${user.id}`, admin)).statusCode).toBe(204);
  return user;
}

const login = async (user: TestMember, body: object = {}, headers: Record<string, string> = {}) =>
  auth.app.inject({
    method: 'POST',
    url: '/auth/login',
    headers,
    payload: { email: user.email, password: user.password, ...body },
  });

describe('who belongs to no site', () => {
  it.each<[string, Record<string, string>]>([
    ['at an address of no site', {}],
    ['at the site that they were taken off', { 'x-gaia-site': A }],
    ['at a site that they never belonged to', { 'x-gaia-site': B }],
  ])('gets in to their account %s', async (_where, headers) => {
    const answer = await login(await leaver(), {}, headers);
    expect(answer.statusCode, answer.body).toBe(200);
    const { access_token, refresh_token, scope } = answer.json();
    expect(scope).toBe('');
    expect(claimsOf(access_token)).toMatchObject({ aud: 'auth', roles: [], scope: '' });
    expect(claimsOf(access_token)).not.toHaveProperty('site');
    const me = (await auth.get('/auth/me', access_token)).json();
    expect(me).toMatchObject({ site: null, roles: [], scope: '', sites: [] });

    const refreshed = (await auth.post('/auth/refresh', { refresh_token })).json();
    expect(claimsOf(refreshed.access_token)).toMatchObject({ aud: 'auth', scope: '' });
  });

  it('is not let in to a site that they name, nor a member of another site anywhere else', async () => {
    const user = await leaver();
    expect(refusal(await login(user, { site: A }))).toEqual({ status: 403, code: 'not_a_member' });
    expect(refusal(await login(user, { site: A }, { 'x-gaia-site': B }))).toEqual({
      status: 403,
      code: 'not_a_member',
    });
    const member = await auth.member({ site: B });
    expect(refusal(await login(member, {}, { 'x-gaia-site': A }))).toEqual({ status: 403, code: 'not_a_member' });
    const wrong = await login({ ...user, password: 'not the password' }, {}, { 'x-gaia-site': A });
    expect(refusal(wrong)).toEqual({ status: 401, code: 'invalid_credentials' });
  });

  it('changes names, password and sessions, logs out, and deletes the account', async () => {
    const user = await leaver();
    const first: Tokens = (await login(user)).json();
    const { access_token } = first;
    expect((await auth.send('PATCH', '/auth/me', access_token, { name: 'Ann' })).statusCode).toBe(204);
    const other: Tokens = (await login(user)).json();
    const change = await auth.post(
      '/auth/me/password',
      { current_password: user.password, password: NEW },
      access_token,
    );
    expect(change.statusCode, change.body).toBe(204);
    await auth.revoked(other.access_token);
    expect((await auth.get('/auth/sessions', access_token)).json().items).toHaveLength(1);

    const again: Tokens = (await login({ ...user, password: NEW })).json();
    expect((await auth.post('/auth/logout', undefined, again.access_token)).statusCode).toBe(204);
    await auth.revoked(again.access_token);
    expect((await auth.post('/auth/me/deletion', { password: NEW }, access_token)).statusCode).toBe(204);
    await auth.revoked(access_token);
    expect((await login({ ...user, password: NEW })).statusCode).toBe(401);
  });

  it('goes on at a site that takes them again, with the same session', async () => {
    const user = await leaver();
    const { access_token, refresh_token }: Tokens = (await login(user)).json();
    const switchTo = (site: string) => auth.post('/auth/switch', { site, refresh_token }, access_token);
    expect(refusal(await switchTo(B))).toEqual({ status: 403, code: 'not_a_member' });
    await auth.send('PUT', `/auth/sites/${B}/members/${user.id}`, admin, { roles: ['author'] });
    const fresh: Tokens = (await auth.post('/auth/refresh', { refresh_token })).json();
    const moved = await auth.post('/auth/switch', { site: B, refresh_token: fresh.refresh_token }, fresh.access_token);
    expect(moved.statusCode, moved.body).toBe(200);
    expect(claimsOf(moved.json().access_token)).toMatchObject({ aud: 'gaia', site: B, roles: ['author'] });
  });
});

/** Routes of the account itself and of the sites that it belongs to; everything else that asks for a token is refused. */
const ownRoutes = new Set([
  'GET /auth/me',
  'PATCH /auth/me',
  'GET /auth/me/export',
  'POST /auth/me/password',
  'POST /auth/me/email',
  'POST /auth/email-change',
  'POST /auth/email-change/details',
  'POST /auth/me/verification',
  'POST /auth/me/deletion',
  'POST /auth/logout',
  'POST /auth/reauthenticate',
  'GET /auth/sessions',
  'DELETE /auth/sessions',
  'DELETE /auth/sessions/{session}',
  'GET /auth/sites',
  'GET /auth/sites/{site}',
]);

interface Operation {
  readonly security?: readonly object[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema } | undefined>> };
}

it('is refused everything that is not of their own account, whatever route there is', async () => {
  const { access_token }: Tokens = (await login(await leaver())).json();
  const { paths } = dereferenced((await auth.get('/openapi.json')).json());
  const refused: Record<string, string> = {};
  for (const [path, operations] of Object.entries<Record<string, Operation>>(paths)) {
    for (const [verb, { security = [], requestBody }] of Object.entries(operations)) {
      const route = `${verb.toUpperCase()} ${path}`;
      if (security.length === 0 || ownRoutes.has(route)) continue;
      const url = path
        .replace('{site}', A)
        .replace(/\{(?:user|invitation)\}/, randomUUID())
        .replaceAll(/\{\w+\}/g, 'member');
      const schema = requestBody?.content['application/json']?.schema;
      const answer = await auth.app.inject({
        method: verb.toUpperCase() as 'GET',
        url,
        headers: { authorization: `Bearer ${access_token}` },
        ...(schema !== undefined && { payload: sampleOf(schema) as object }),
      });
      refused[route] = `${answer.statusCode} ${answer.json().code}`;
    }
  }
  const allowed = /^403 (?:insufficient_scope|forbidden|not_a_member)$|^404 site_not_found$/;
  expect(Object.entries(refused).filter(([, answer]) => !allowed.test(answer))).toEqual([]);
  expect(refused).toMatchObject({
    'GET /auth/users': '403 insufficient_scope',
    'DELETE /auth/users/{user}': '403 insufficient_scope',
    'GET /auth/audit': '403 insufficient_scope',
    'POST /auth/tokens': '403 insufficient_scope',
    'POST /auth/switch': '403 not_a_member',
    'POST /auth/sso/hand-over': '404 site_not_found',
  });
});
