import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN, type AuthUnderTest, refusal, startAuth, type TestMember } from '../support/auth-under-test.ts';
import { mailsOf, mailTo } from '../support/mailbox.ts';

const A = 'site-a.localhost';
const NEW = 'four quiet purple lanterns';
let auth: AuthUnderTest;

beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth[Symbol.asyncDispose]());

const login = (user: TestMember, password = user.password) => auth.login({ email: user.email, password });

describe('the own account', () => {
  it('changes names', async () => {
    const user = await auth.member({ site: A });
    const other = await auth.member({ site: A });
    const { access_token } = await login(user);
    const change = (body: object) => auth.send('PATCH', '/auth/me', access_token, body);
    expect((await change({ name: ' Bea ', username: null })).statusCode).toBe(204);
    expect((await auth.get('/auth/me', access_token)).json()).toMatchObject({ name: 'Bea', username: null });
    expect(refusal(await change({ username: other.username.toUpperCase() }))).toEqual({
      status: 409,
      code: 'username_taken',
    });
    for (const body of [
      { email: 'x@gaia.test' },
      { administrator: true },
      { disabled: false },
      { id: 'x' },
      { roles: [] },
      {},
    ]) {
      expect(refusal(await change(body))).toEqual({ status: 400, code: 'validation_failed' });
    }
  });

  it('changes the password of who knows it, and ends the other sessions', async () => {
    const user = await auth.member({ site: A });
    const [here, elsewhere] = [await login(user), await login(user)];
    const change = (current_password: string, password: string) =>
      auth.post('/auth/me/password', { current_password, password }, here.access_token);
    expect(refusal(await change('not the password', NEW))).toEqual({ status: 403, code: 'wrong_password' });
    expect(refusal(await change(user.password, 'password123'))).toEqual({ status: 400, code: 'password_too_weak' });
    expect((await change(user.password, NEW)).statusCode).toBe(204);
    await auth.revoked(elsewhere.access_token);
    expect((await auth.post('/auth/refresh', { refresh_token: elsewhere.refresh_token })).statusCode).toBe(401);
    expect((await auth.get('/auth/me', here.access_token)).statusCode).toBe(200);
    expect((await auth.post('/auth/refresh', { refresh_token: here.refresh_token })).statusCode).toBe(200);
    await login(user, NEW);
    await mailTo(auth, user.email, /password .* has changed/);
  });

  it('lets a stolen session guess the password slowly', async () => {
    const user = await auth.member({ site: A });
    const { access_token } = await login(user);
    const statuses = [];
    for (let guess = 0; guess < 7; guess += 1) {
      const body = { current_password: `guess ${guess}`, password: NEW };
      statuses.push((await auth.post('/auth/me/password', body, access_token)).statusCode);
    }
    expect(statuses).toEqual([...Array(6).fill(403), 429]);
  });

  it('changes the address once the new one is confirmed, and tells the old one', async () => {
    const user = await auth.provedMember({ site: A });
    const { access_token } = await login(user);
    const email = `new.${user.email}`;
    const ask = (password: string, to = email) => auth.post('/auth/me/email', { email: to, password }, access_token);
    expect(refusal(await ask('not the password'))).toEqual({ status: 403, code: 'wrong_password' });
    expect((await ask(user.password)).statusCode).toBe(202);
    expect((await mailTo(auth, user.email, /is to be changed/)).link).toBeUndefined();
    const { token } = await mailTo(auth, email, /Confirm your new address/);
    expect((await auth.get('/auth/me', access_token)).json().email).toBe(user.email);

    const details = await auth.post('/auth/email-change/details', { token }, access_token);
    expect(details.json()).toMatchObject({ email, has_account: true });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => auth.post('/auth/email-change', { token }, access_token)),
    );
    expect(answers.filter((answer) => answer.statusCode === 200)).toHaveLength(1);
    expect((await auth.get('/auth/me', access_token)).json()).toMatchObject({ email, email_verified: true });
    await mailTo(auth, user.email, /has changed/);
    await auth.login({ email, password: user.password });
  });

  it.each<[string, (user: TestMember, token: string) => Promise<unknown>]>([
    [
      'a newer request',
      (user, token) => auth.post('/auth/me/email', { email: `z.${user.email}`, password: user.password }, token),
    ],
    [
      'a change of password',
      (user, token) => auth.post('/auth/me/password', { current_password: user.password, password: NEW }, token),
    ],
  ])('a link for a new address is dead after %s', async (_what, happens) => {
    const user = await auth.member({ site: A });
    const { access_token } = await login(user);
    const email = `new.${user.email}`;
    await auth.post('/auth/me/email', { email, password: user.password }, access_token);
    const { token } = await mailTo(auth, email, /Confirm/);
    expect([202, 204]).toContain(((await happens(user, access_token)) as { statusCode: number }).statusCode);
    const late = await auth.post('/auth/email-change', { token, password: NEW }, access_token);
    expect(refusal(late)).toEqual({ status: 400, code: 'link_invalid' });
  });

  it('does not say that a new address is in use, but tells its owner', async () => {
    const user = await auth.member({ site: A });
    const owner = await auth.member({ site: A });
    const { access_token } = await login(user);
    const answer = await auth.post('/auth/me/email', { email: owner.email, password: user.password }, access_token);
    expect([answer.statusCode, answer.body]).toEqual([202, '{}']);
    expect((await mailTo(auth, owner.email, /has an account/)).link).toBeUndefined();
  });

  it('shows that its address is its own, unless that changes before', async () => {
    const user = await auth.member({ site: A });
    const { access_token } = await login(user);
    expect((await auth.get('/auth/me', access_token)).json().email_verified).toBe(false);
    expect((await auth.post('/auth/me/verification', undefined, access_token)).statusCode).toBe(202);
    const { token } = await mailTo(auth, user.email, /Confirm your address/);
    expect(refusal(await auth.post('/auth/verify', { token }))).toEqual({ status: 400, code: 'password_required' });
    const verified = await auth.post('/auth/verify', { token, password: NEW, name: 'Cleo' });
    expect(verified.json()).toEqual({ email: user.email, site: null });
    await auth.revoked(access_token);
    const tokens = await login(user, NEW);
    const me = (await auth.get('/auth/me', tokens.access_token)).json();
    expect(me).toMatchObject({ email_verified: true, name: 'Cleo', username: null });
    expect(refusal(await auth.post('/auth/verify', { token }))).toEqual({ status: 400, code: 'link_invalid' });

    const changing = await auth.member({ site: A });
    const { access_token: changer } = await login(changing);
    await auth.post('/auth/me/verification', undefined, changer);
    const old = await mailTo(auth, changing.email, /Confirm your address/);
    await auth.post('/auth/me/password', { current_password: changing.password, password: NEW }, changer);
    expect(refusal(await auth.post('/auth/verify', { token: old.token, password: NEW }))).toEqual({
      status: 400,
      code: 'link_invalid',
    });
  });

  it('is deleted by who knows the password, with all sessions; the last administrator’s is not', async () => {
    const user = await auth.member({ site: A });
    const tokens = await login(user);
    const remove = (password: string, token = tokens.access_token) =>
      auth.post('/auth/me/deletion', { password }, token);
    expect(refusal(await remove('not the password'))).toEqual({ status: 403, code: 'wrong_password' });
    expect((await remove(user.password)).statusCode).toBe(204);
    await auth.revoked(tokens.access_token);
    expect((await auth.post('/auth/refresh', { refresh_token: tokens.refresh_token })).statusCode).toBe(401);
    expect((await auth.post('/auth/login', { email: user.email, password: user.password })).statusCode).toBe(401);
    const { access_token } = await auth.login();
    expect(refusal(await remove(ADMIN.password, access_token))).toEqual({ status: 409, code: 'last_administrator' });
  });
});

describe('a login from a new device', () => {
  it('is told to the user, the first and the known ones are not', async () => {
    const user = await auth.member({ site: A });
    const from = (address: string, agent: string) =>
      auth.app.inject({
        method: 'POST',
        url: '/auth/login',
        headers: { 'x-forwarded-for': address, 'user-agent': agent },
        payload: { email: user.email, password: user.password },
      });
    const firefox = (version: number) =>
      `Mozilla/5.0 (X11; Linux x86_64; rv:${version}.0) Gecko/20100101 Firefox/${version}.0`;
    await from('198.51.100.7', firefox(140));
    await from('198.51.7.8', firefox(141));
    expect((await mailsOf(auth)).filter((mail) => mail.to === user.email)).toEqual([]);
    expect((await from('203.0.113.9', firefox(141))).statusCode).toBe(200);
    const mail = await mailTo(auth, user.email, /new device/);
    expect(mail.text).toContain('IP address: 203.0.113.9');
    expect(mail.text).toContain('Device: Firefox on Linux');
    await from('203.0.113.10', firefox(141));
    expect((await mailsOf(auth)).filter((one) => one.to === user.email)).toHaveLength(1);
  });
});
