import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ADMIN,
  type AuthUnderTest,
  claimsOf,
  refusal,
  startAuth,
  type TestMember,
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
    expect(claims).not.toHaveProperty('sid');
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
