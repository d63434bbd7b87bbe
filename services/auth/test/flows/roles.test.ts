import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuthUnderTest, claimsOf, refusal, startAuth } from '../support/auth-under-test.ts';

const A = 'site-a.localhost';
let auth: AuthUnderTest;
let owner: string;
let manager: string;

beforeAll(async () => {
  auth = await startAuth({ env: { RATE_LIMIT: 'off' } });
  const boss = await auth.member({ site: A, roles: ['owner'] });
  const chief = await auth.member({ site: A, roles: ['admin'] });
  owner = (await auth.login({ email: boss.email, password: boss.password })).access_token;
  manager = (await auth.login({ email: chief.email, password: chief.password })).access_token;
});
afterAll(() => auth[Symbol.asyncDispose]());

const put = (name: string, permissions: readonly string[], token = owner, site = A) =>
  auth.send('PUT', `/auth/sites/${site}/roles/${name}`, token, { permissions });
const hold = (user: string, roles: readonly string[], token = owner) =>
  auth.send('PUT', `/auth/sites/${A}/members/${user}`, token, { roles });

describe('roles of a site’s own', () => {
  it('give what they are made of, together with built-in ones, and a change reaches everybody at once', async () => {
    const made = await put('reviewer', ['content:read', 'content:publish']);
    expect(made.statusCode, made.body).toBe(201);
    const user = await auth.member({ site: A, roles: ['member'] });
    expect((await hold(user.id, ['member', 'reviewer'])).statusCode).toBe(200);
    const login = await auth.login({ email: user.email, password: user.password });
    expect(login.scope).toBe('content:read assets:read content:publish');
    expect(claimsOf(login.access_token).roles).toEqual(['member', 'reviewer']);

    expect((await put('reviewer', ['content:read', 'content:edit'])).statusCode).toBe(200);
    await auth.revoked(login.access_token);
    const refreshed = (await auth.post('/auth/refresh', { refresh_token: login.refresh_token })).json();
    expect(refreshed.scope).toBe('content:read assets:read content:edit');
  });

  it('are listed after the built-in ones', async () => {
    await put('lister', ['content:read']);
    const { items } = (await auth.get(`/auth/sites/${A}/roles`, owner)).json();
    expect(items.slice(0, 5).map((role: { name: string }) => role.name)).toEqual([
      'member',
      'author',
      'editor',
      'admin',
      'owner',
    ]);
    expect(items).toContainEqual({ name: 'lister', built_in: false, description: '', permissions: ['content:read'] });
  });

  it('go when nobody holds them', async () => {
    await put('passing', ['content:read']);
    const user = await auth.member({ site: A });
    await hold(user.id, ['passing']);
    const remove = () => auth.send('DELETE', `/auth/sites/${A}/roles/passing`, owner);
    expect(refusal(await remove())).toEqual({ status: 409, code: 'role_in_use' });
    await hold(user.id, ['member']);
    expect((await remove()).statusCode).toBe(204);
    expect(refusal(await remove())).toEqual({ status: 404, code: 'role_not_found' });
    expect(refusal(await hold(user.id, ['passing']))).toEqual({ status: 400, code: 'validation_failed' });
  });

  it.each<[string, string, readonly string[], number, string]>([
    ['a built-in name', 'owner', ['content:read'], 400, 'validation_failed'],
    ['the administrator’s name', 'administrator', ['content:read'], 400, 'validation_failed'],
    ['an odd name', 'a_b', ['content:read'], 400, 'validation_failed'],
    ['an unknown permission', 'odd', ['content:burn'], 400, 'validation_failed'],
    ['a permission of the installation', 'odd', ['sites:manage'], 400, 'validation_failed'],
    ['a permission of services', 'odd', ['feed:read'], 400, 'validation_failed'],
    ['a permission twice', 'odd', ['content:read', 'content:read'], 400, 'validation_failed'],
  ])('cannot have %s', async (_what, name, permissions, status, code) => {
    expect(refusal(await put(name, permissions))).toEqual({ status, code });
  });

  it('are given, made and changed by nobody who has less', async () => {
    expect(refusal(await put('stronger', ['site:delete'], manager))).toEqual({ status: 403, code: 'forbidden' });
    await put('strong', ['site:delete']);
    expect(refusal(await put('strong', [], manager)).code).toBe('forbidden');
    expect(refusal(await auth.send('DELETE', `/auth/sites/${A}/roles/strong`, manager)).code).toBe('forbidden');
    const user = await auth.member({ site: A });
    expect(refusal(await hold(user.id, ['strong'], manager)).code).toBe('forbidden');
    await hold(user.id, ['strong']);
    expect(refusal(await hold(user.id, ['member'], manager)).code).toBe('forbidden');
    expect(refusal(await auth.send('DELETE', `/auth/sites/${A}/members/${user.id}`, manager)).code).toBe('forbidden');
  });

  it('belong to one site', async () => {
    const other = 'site-b.localhost';
    const stranger = await auth.member({ site: other, roles: ['owner'] });
    const token = (await auth.login({ email: stranger.email, password: stranger.password })).access_token;
    expect(refusal(await put('spy', ['content:read'], token)).code).toBe('forbidden');
    expect(refusal(await auth.get(`/auth/sites/${A}/roles`, token)).code).toBe('forbidden');
    await put('local', ['content:read']);
    const admin = (await auth.login()).access_token;
    const given = await auth.send('PUT', `/auth/sites/${other}/members/${stranger.id}`, admin, { roles: ['local'] });
    expect(refusal(given).code).toBe('validation_failed');
    expect(refusal(await put('x1', ['content:read'], admin, 'none.localhost')).code).toBe('site_not_found');
    const writer = await auth.member({ site: A, roles: ['editor'] });
    const weak = (await auth.login({ email: writer.email, password: writer.password })).access_token;
    expect(refusal(await put('x2', ['content:read'], weak)).code).toBe('insufficient_scope');
  });
});
