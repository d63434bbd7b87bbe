import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuthUnderTest, claimsOf, refusal, startAuth } from '../support/auth-under-test.ts';
import { mailTo } from '../support/mailbox.ts';

const A = 'site-a.localhost';
let auth: AuthUnderTest;
let admin: string;

beforeAll(async () => {
  auth = await startAuth({ env: { RATE_LIMIT: 'off' } });
  admin = (await auth.login()).access_token;
});
afterAll(() => auth[Symbol.asyncDispose]());

const change = (id: unknown, body: object, token = admin) => auth.send('PATCH', `/auth/users/${id}`, token, body);
const sendLink = (id: unknown, token = admin) => auth.post(`/auth/users/${id}/verification`, undefined, token);

describe('an administrator', () => {
  it('gives an account another address, which is unproved; sessions and links end, and the old address is told', async () => {
    const user = await auth.member({ site: A });
    const tokens = await auth.login({ email: user.email, password: user.password });
    await auth.post('/auth/forgot', { email: user.email });
    const reset = await mailTo(auth, user.email, /new password/);
    const email = `repaired.${user.email}`;
    const repaired = await change(user.id, { email: email.toUpperCase() });
    expect(repaired.statusCode, repaired.body).toBe(200);
    expect(repaired.json()).toMatchObject({ id: user.id, email_verified: false });
    expect(repaired.json().email.toLowerCase()).toBe(email);

    await auth.revoked(tokens.access_token);
    expect((await auth.post('/auth/refresh', { refresh_token: tokens.refresh_token })).statusCode).toBe(401);
    const used = await auth.post('/auth/reset', { token: reset.token, password: 'four quiet purple lanterns' });
    expect(refusal(used)).toEqual({ status: 400, code: 'link_invalid' });
    expect((await mailTo(auth, user.email, /has changed/)).link).toBeUndefined();
    expect((await mailTo(auth, repaired.json().email, /Confirm your address/)).link).toBeDefined();
    const old = await auth.post('/auth/login', { email: user.email, password: user.password });
    expect(old.statusCode).toBe(401);
    const { items } = (await auth.get(`/auth/audit?target=${user.id}&action=user.change`, admin)).json();
    expect(items[0]).toMatchObject({ actor: claimsOf(admin).sub, details: { changed: ['email'] } });
    expect(JSON.stringify(items)).not.toContain(email);
  });

  it('marks an address as unproved and has the link sent again, and never marks one as proved', async () => {
    const user = await auth.member({ site: A });
    expect((await sendLink(user.id)).statusCode).toBe(202);
    await mailTo(auth, user.email, /Confirm your address/);
    expect((await change(user.id, { email_verified: false })).json().email_verified).toBe(false);
    expect(refusal(await change(user.id, { email_verified: true }))).toEqual({
      status: 400,
      code: 'validation_failed',
    });
    expect(refusal(await sendLink(claimsOf(admin).sub))).toEqual({ status: 409, code: 'email_verified' });
    expect(refusal(await sendLink(randomUUID()))).toEqual({ status: 404, code: 'user_not_found' });
    await change(user.id, { disabled: true });
    expect(refusal(await sendLink(user.id))).toEqual({ status: 409, code: 'user_disabled' });
  });

  it('changes nothing by the address that the account has, however it is spelled', async () => {
    const user = await auth.member({ site: A });
    const tokens = await auth.login({ email: user.email, password: user.password });
    expect((await change(user.id, { email: user.email.toUpperCase() })).json().email).toBe(user.email);
    expect((await auth.get('/auth/me', tokens.access_token)).statusCode).toBe(200);
  });

  it.each<[string, () => object, number, string]>([
    ['no address', () => ({ email: 'nobody' }), 400, 'validation_failed'],
    ['the address of another account', () => ({ email: 'root@gaia.test' }), 409, 'email_taken'],
  ])('cannot give %s', async (_what, body, status, code) => {
    const user = await auth.member({ site: A });
    expect(refusal(await change(user.id, body()))).toEqual({ status, code });
    await auth.login({ email: user.email, password: user.password });
  });

  it('does not change the address of an administrator, whose rights its prover would get', async () => {
    const { sub } = claimsOf(admin);
    for (const body of [{ email: 'other@gaia.test' }, { email_verified: false }]) {
      expect(refusal(await change(sub, body))).toEqual({ status: 409, code: 'administrator_address' });
    }
    expect((await auth.get('/auth/me', admin)).json()).toMatchObject({ email: 'root@gaia.test', email_verified: true });
  });
});

it('managers of a site repair nobody', async () => {
  const owner = await auth.member({ site: A, roles: ['owner'] });
  const user = await auth.member({ site: A });
  const { access_token } = await auth.login({ email: owner.email, password: owner.password });
  for (const answer of [
    await change(user.id, { email: 'x@gaia.test' }, access_token),
    await sendLink(user.id, access_token),
  ]) {
    expect(refusal(answer)).toEqual({ status: 403, code: 'insufficient_scope' });
  }
});
