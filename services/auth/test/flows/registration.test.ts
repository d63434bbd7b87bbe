import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuthUnderTest, refusal, startAuth } from '../support/auth-under-test.ts';
import { mailTo } from '../support/mailbox.ts';

const A = 'site-a.localhost';
const B = 'site-b.localhost';
const PASSWORD = 'four quiet purple lanterns';
let auth: AuthUnderTest;
let admin: string;

beforeAll(async () => {
  auth = await startAuth({ env: { RATE_LIMIT: 'off' } });
  admin = (await auth.login()).access_token;
  for (const [id, name] of [
    [A, 'Anna & <Söhne>'],
    [B, 'B'],
  ]) {
    expect((await auth.post('/auth/sites', { id, name }, admin)).statusCode).toBe(201);
    await policy(String(id), 'open');
  }
});
afterAll(() => auth[Symbol.asyncDispose]());

async function policy(site: string, registration: string) {
  const answer = await auth.send('PATCH', `/auth/sites/${site}`, admin, { registration });
  expect(answer.statusCode, answer.body).toBe(200);
  expect(answer.json().registration).toBe(registration);
}

const newEmail = () => `u${randomUUID()}@gaia.test`;
const register = (email: string, site = A, more: object = {}) =>
  auth.post(`/auth/sites/${site}/registrations`, { email, ...more });
const verify = (token: string | undefined, more: object = { password: PASSWORD }) =>
  auth.post('/auth/verify', { token, ...more });
const dead = { status: 400, code: 'link_invalid' };

describe('registration', () => {
  it('makes a member of who confirms the address, and nobody before', async () => {
    const email = newEmail();
    const username = `b${randomUUID().slice(0, 8)}`;
    const answer = await register(email, A, { name: 'Bea', username });
    expect([answer.statusCode, answer.body]).toEqual([202, '{}']);
    expect((await auth.post('/auth/login', { email, password: PASSWORD })).statusCode).toBe(401);

    const mail = await mailTo(auth, email, /Confirm your address for Anna & <Söhne>/);
    expect(mail.link?.origin).toBe(`http://${A}:8080`);
    expect(mail.link?.pathname).toBe('/verify');
    expect(mail.html).toContain('Anna &#38; &#60;Söhne&#62;');
    expect(mail.html).not.toContain('<Söhne>');
    // A scanner that follows the link changes nothing: there is no GET that could.
    expect((await auth.get(`/auth/verify?token=${mail.token}`)).statusCode).toBe(404);

    const details = await auth.post('/auth/verify/details', { token: mail.token });
    const suggested = { name: 'Bea', username };
    expect(details.json()).toEqual({ email, site: A, site_name: 'Anna & <Söhne>', has_account: false, ...suggested });
    expect(refusal(await verify(mail.token, {}))).toEqual({ status: 400, code: 'password_required' });
    const verified = await verify(mail.token, { password: PASSWORD, name: 'Bea B.' });
    expect(verified.json()).toEqual({ email, site: A });
    const { access_token } = await auth.login({ email, password: PASSWORD });
    const me = (await auth.get('/auth/me', access_token)).json();
    expect(me).toMatchObject({
      email,
      email_verified: true,
      // Only what is chosen at the link.
      name: 'Bea B.',
      username: null,
      administrator: false,
      roles: ['member'],
      site: A,
    });
    expect(refusal(await verify(mail.token))).toEqual(dead);
  });

  it('link works once, also when it is used twenty times at once', async () => {
    const email = newEmail();
    await register(email);
    const { token } = await mailTo(auth, email, /Confirm/);
    const answers = await Promise.all(Array.from({ length: 20 }, () => verify(token)));
    expect(answers.filter((answer) => answer.statusCode === 200)).toHaveLength(1);
    for (const answer of answers) if (answer.statusCode !== 200) expect(refusal(answer)).toEqual(dead);
  });

  it('expires after a day', async () => {
    const email = newEmail();
    await register(email);
    const { token } = await mailTo(auth, email, /Confirm/);
    auth.clock.advance(86_400_000);
    expect(refusal(await verify(token))).toEqual({ status: 400, code: 'link_expired' });
    admin = (await auth.login()).access_token;
  });

  it('says nothing of who is known, and lets who is known join with the password that they have', async () => {
    const user = await auth.provedMember({ site: A });
    const again = await register(user.email, A, { name: 'Mallory' });
    expect([again.statusCode, again.body]).toEqual([202, '{}']);
    const told = await mailTo(auth, user.email, /You already have an account/);
    expect(told.link).toBeUndefined();

    const other = await register(user.email, B);
    expect([other.statusCode, other.body]).toEqual([202, '{}']);
    const { token } = await mailTo(auth, user.email, /Join B/);
    const details = (await auth.post('/auth/verify/details', { token })).json();
    expect(details).toMatchObject({ has_account: true, name: '', username: null });
    for (const more of [{ password: PASSWORD }, { name: 'Mallory' }, { username: 'mallory' }]) {
      expect(refusal(await verify(token, more))).toEqual({ status: 409, code: 'account_exists' });
    }
    expect((await verify(token, {})).json()).toEqual({ email: user.email, site: B });
    expect((await auth.post('/auth/login', { email: user.email, password: PASSWORD, site: B })).statusCode).toBe(401);
    const { access_token } = await auth.login({ email: user.email, password: user.password, site: B });
    expect((await auth.get('/auth/me', access_token)).json()).toMatchObject({
      roles: ['member'],
      name: expect.not.stringContaining('Mallory'),
    });
  });

  it.each(['closed', 'invitation'])(
    'is refused where the site is %s, also to who asked before',
    async (registration) => {
      const email = newEmail();
      await register(email, B);
      const { token } = await mailTo(auth, email, /Confirm/);
      await policy(B, registration);
      const closed = { status: 403, code: 'registration_closed' };
      expect(refusal(await register(newEmail(), B))).toEqual(closed);
      expect(refusal(await verify(token))).toEqual(closed);
      expect(refusal(await auth.post('/auth/verify/details', { token }))).toEqual(closed);
      await policy(B, 'open');
      expect((await verify(token)).statusCode).toBe(200);
    },
  );

  it('is closed at a new site', async () => {
    const made = await auth.post('/auth/sites', { id: 'new.localhost', name: 'New' }, admin);
    expect(made.json()).toMatchObject({ registration: 'closed', origin: 'http://new.localhost:8080' });
    expect((await auth.get('/auth/hosts/new.localhost')).json().registration).toBe('closed');
    expect((await register(newEmail(), 'new.localhost')).statusCode).toBe(403);
    expect(refusal(await register(newEmail(), 'no.localhost'))).toEqual({ status: 404, code: 'site_not_found' });
  });

  it.each<[string, object]>([
    ['role', { role: 'owner' }],
    ['roles', { roles: ['owner'] }],
    ['site', { site: B }],
    ['verified', { verified: true }],
    ['email_verified', { email_verified: true }],
    ['administrator', { administrator: true }],
    ['id', { id: randomUUID() }],
    ['password', { password: PASSWORD }],
    ['password_hash', { password_hash: '$argon2id$' }],
    ['no address', { email: 'nobody' }],
    ['a line in the address', { email: 'a@gaia.test\nbcc: b@gaia.test' }],
  ])('takes no %s', async (_what, more) => {
    expect(refusal(await register(newEmail(), A, more))).toEqual({ status: 400, code: 'validation_failed' });
  });

  it('says where the password is chosen', async () => {
    const answer = await register(newEmail(), A, { password: PASSWORD });
    expect(answer.json().errors).toEqual([
      { path: '/body/password', message: 'is chosen at the link in the mail, not here' },
    ]);
  });

  it.each<[string, string]>([
    ['in breaches', 'password123'],
    ['of the site', 'anna söhne'],
    ['of the person', 'bea.bauer1'],
    ['of a keyboard row', 'qwertzuiop'],
  ])('takes no password %s', async (_what, password) => {
    const email = `bea.bauer@${randomUUID()}.test`;
    await register(email);
    const { token } = await mailTo(auth, email, /Confirm/);
    const weak = { status: 400, code: 'password_too_weak' };
    expect(refusal(await verify(token, { password }))).toEqual(weak);
    expect((await verify(token)).statusCode).toBe(200);
  });
});

describe('bodies of all link routes', () => {
  const member = (name: string) => `{"token":"x","password":"${PASSWORD}","${name}":{"roles":["owner"]}}`;
  it.each(
    [
      '/auth/forgot',
      '/auth/reset',
      '/auth/reset/details',
      '/auth/verify',
      '/auth/verify/details',
      '/auth/invitation',
      '/auth/invitation/details',
    ].flatMap((url) =>
      ['__proto__', 'role', 'roles', 'site', 'verified', 'id', 'email_key'].map((name) => [url, name] as const),
    ),
  )('%s takes no %s', async (url, name) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await auth.app.inject({ method: 'POST', url, headers, payload: member(name) });
    expect(answer.statusCode).toBe(400);
    expect(['validation_failed', 'malformed_json']).toContain(answer.json().code);
  });
});

describe('where links lead', () => {
  it('is said by administrators of the installation alone, and at hosts of the site', async () => {
    const boss = await auth.member({ site: A, roles: ['owner'] });
    const { access_token } = await auth.login({ email: boss.email, password: boss.password });
    const change = (token: string, body: object, site = A) => auth.send('PATCH', `/auth/sites/${site}`, token, body);
    expect(refusal(await change(access_token, { origin: `http://${A}` }))).toEqual({
      status: 403,
      code: 'insufficient_scope',
    });
    expect(refusal(await change(access_token, { name: 'x' }, B))).toEqual({ status: 403, code: 'forbidden' });
    expect((await change(access_token, { name: 'Anna & <Söhne>' })).statusCode).toBe(200);
    for (const origin of [
      'http://evil.example',
      `http://${A}/path`,
      `ftp://${A}`,
      `javascript:alert(1)//`,
      `http://u:p@${A}`,
    ]) {
      expect(refusal(await change(admin, { origin }))).toEqual({ status: 400, code: 'validation_failed' });
    }
    expect((await change(admin, { origin: `https://${A}` })).json().origin).toBe(`https://${A}`);
    const email = newEmail();
    await register(email);
    expect((await mailTo(auth, email, /Confirm/)).link?.origin).toBe(`https://${A}`);
    expect((await change(admin, { origin: null })).json().origin).toBe(`http://${A}:8080`);
  });
});
