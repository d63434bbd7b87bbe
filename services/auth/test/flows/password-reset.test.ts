import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type AuthUnderTest, claimsOf, refusal, startAuth, type TestMember } from '../support/auth-under-test.ts';
import { mailsOf, mailTo } from '../support/mailbox.ts';

const A = 'site-a.localhost';
const NEW = 'four quiet purple lanterns';
let auth: AuthUnderTest;

beforeAll(async () => {
  auth = await startAuth({ env: { RATE_LIMIT: 'off' } });
});
afterAll(() => auth[Symbol.asyncDispose]());

/** A newest link for the user; each request is a later second, so that mails sort by time. */
async function resetToken(user: Pick<TestMember, 'email'>, headers: Record<string, string> = {}): Promise<string> {
  auth.clock.advance(1_000);
  const before = (await mailsOf(auth)).filter((mail) => mail.to === user.email).length;
  const answer = await auth.app.inject({
    method: 'POST',
    url: '/auth/forgot',
    headers,
    payload: { email: user.email },
  });
  expect(answer.statusCode, answer.body).toBe(202);
  expect(answer.json()).toEqual({});
  return expectMore(user.email, before);
}

async function expectMore(email: string, before: number): Promise<string> {
  return vi.waitFor(
    async () => {
      const mails = (await mailsOf(auth)).filter((mail) => mail.to === email);
      expect(mails.length).toBeGreaterThan(before);
      return mails.at(-1)?.token ?? '';
    },
    { timeout: 10_000, interval: 20 },
  );
}

const reset = (token: string, password = NEW) => auth.post('/auth/reset', { token, password });
const dead = { status: 400, code: 'link_invalid' };

describe('a forgotten password', () => {
  it('is replaced by the link of a mail, which ends all sessions', async () => {
    const user = await auth.member({ site: A });
    const logins = [await auth.login({ email: user.email, password: user.password })];
    logins.push(await auth.login({ email: user.email, password: user.password }));
    const token = await resetToken(user);
    const mail = await mailTo(auth, user.email, /new password/);
    expect(mail.link?.origin).toBe(`http://${A}:8080`);
    expect(mail.link?.pathname).toBe('/reset');
    expect(mail.from).toBe(`"${A}" <no-reply@localhost>`);
    expect(claimsOf(token)).toMatchObject({ aud: 'auth', sub: user.id });
    expect(Number(claimsOf(token).exp) - Number(claimsOf(token).iat)).toBe(1_800);

    const answer = await reset(token);
    expect(answer.statusCode, answer.body).toBe(204);
    for (const { access_token, refresh_token } of logins) {
      await auth.revoked(access_token);
      const refresh = await auth.post('/auth/refresh', { refresh_token });
      expect(refusal(refresh)).toEqual({ status: 401, code: 'token_revoked' });
    }
    expect((await auth.post('/auth/login', { email: user.email, password: user.password })).statusCode).toBe(401);
    const { access_token } = await auth.login({ email: user.email, password: NEW });
    expect((await auth.get('/auth/me', access_token)).json().email_verified).toBe(true);
    expect((await mailTo(auth, user.email, /has changed/)).link).toBeUndefined();
  });

  it('answers the same for users who are unknown and for administrators, whose link leads to the installation', async () => {
    const unknown = await auth.post('/auth/forgot', { email: 'nobody@gaia.test' });
    expect([unknown.statusCode, unknown.body]).toEqual([202, '{}']);
    await resetToken({ email: 'root@gaia.test' }, { 'x-gaia-site': A });
    expect((await mailTo(auth, 'root@gaia.test', /new password/)).link?.origin).toBe('http://localhost:8080');
    expect((await mailsOf(auth)).filter((mail) => mail.to === 'nobody@gaia.test')).toEqual([]);
  });

  it('has links to a site of the user’s own, whatever the headers of the request say', async () => {
    const user = await auth.member({ site: A });
    await auth.member({ site: 'evil.localhost' });
    const forged = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-gaia-site': 'evil.localhost' };
    await resetToken(user, { ...forged, forwarded: 'host=evil.example' });
    const mail = await mailTo(auth, user.email, /new password/);
    expect(mail.link?.origin).toBe(`http://${A}:8080`);
    expect(`${mail.text}${mail.html}${mail.from}`).not.toContain('evil');
  });
});

describe('a reset link', () => {
  it('works once, also when it is used twenty times at once', async () => {
    const user = await auth.member({ site: A });
    const token = await resetToken(user);
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => reset(token, `${NEW} ${index}`)));
    expect(answers.filter((answer) => answer.statusCode === 204)).toHaveLength(1);
    for (const answer of answers) if (answer.statusCode !== 204) expect(refusal(answer)).toEqual(dead);
    expect(refusal(await reset(token))).toEqual(dead);
  });

  it.each<[string, (user: TestMember) => Promise<unknown>]>([
    [
      'a change of password',
      async (user) => {
        const { access_token } = await auth.login({ email: user.email, password: user.password });
        const body = { current_password: user.password, password: `${NEW} again` };
        expect((await auth.post('/auth/me/password', body, access_token)).statusCode).toBe(204);
      },
    ],
    [
      'a change of address',
      async (user) => {
        const { access_token } = await auth.login({ email: user.email, password: user.password });
        const email = `new.${user.email}`;
        const asked = await auth.post('/auth/me/email', { email, password: user.password }, access_token);
        expect(asked.statusCode, asked.body).toBe(202);
        const { token } = await mailTo(auth, email, /Confirm/);
        const changed = await auth.post('/auth/email-change', { token }, access_token);
        expect(changed.statusCode, changed.body).toBe(200);
      },
    ],
    [
      'being disabled',
      async (user) => {
        const { access_token } = await auth.login();
        await auth.send('PATCH', `/auth/users/${user.id}`, access_token, { disabled: true });
      },
    ],
  ])('is dead after %s', async (_what, happens) => {
    const user = await auth.provedMember({ site: A });
    const token = await resetToken(user);
    await happens(user);
    expect(refusal(await reset(token))).toEqual(dead);
  });

  it('stays valid when another person requests a second one, until one of them is used', async () => {
    const user = await auth.member({ site: A });
    const [first, second] = [await resetToken(user), await resetToken(user)];
    expect((await reset(first)).statusCode).toBe(204);
    expect(refusal(await reset(second))).toEqual(dead);
  });

  it('expires after half an hour', async () => {
    const user = await auth.member({ site: A });
    const token = await resetToken(user);
    auth.clock.advance(1_800_000);
    expect(refusal(await reset(token))).toEqual({ status: 400, code: 'link_expired' });
  });

  it('is still good after a password that cannot be taken', async () => {
    const user = await auth.member({ site: A });
    const token = await resetToken(user);
    const weak = await reset(token, 'password123');
    expect(refusal(weak)).toEqual({ status: 400, code: 'password_too_weak' });
    expect(weak.json().detail).toMatch(/data breaches.*Take a longer one/);
    expect(weak.json().errors[0].path).toBe('/body/password');
    expect(refusal(await reset(token, 'short'))).toEqual({ status: 400, code: 'validation_failed' });
    expect((await reset(token)).statusCode).toBe(204);
  });

  it('and its password stand in no log', async () => {
    const user = await auth.member({ site: A });
    const token = await resetToken(user);
    await reset(token, 'a password nobody else would take');
    await reset(token);
    expect(auth.logged()).not.toContain(token);
    expect(auth.logged()).not.toContain('a password nobody else would take');
  });
});

describe('tokens of another purpose', () => {
  it.each<[string, (user: TestMember) => Promise<string>]>([
    [
      'an access token',
      async (user) => (await auth.login({ email: user.email, password: user.password })).access_token,
    ],
    [
      'a refresh token',
      async (user) => (await auth.login({ email: user.email, password: user.password })).refresh_token,
    ],
    ['nothing of the kind', async () => 'x.y.z'],
    ['a token without signature', async (user) => `${(await resetToken(user)).split('.').slice(0, 2).join('.')}.`],
    ['a changed token', async (user) => changed(await resetToken(user))],
    ['another spelling of the signature', async (user) => `${await resetToken(user)}=`],
  ])('%s resets nothing', async (_what, make) => {
    const user = await auth.member({ site: A });
    expect(refusal(await reset(await make(user)))).toEqual(dead);
  });

  it.each(['/auth/verify', '/auth/email-change', '/auth/invitation'].flatMap((url) => [url, `${url}/details`]))(
    'a reset token is nothing to %s, nor a bearer token',
    async (url) => {
      const user = await auth.member({ site: A });
      const { access_token } = await auth.login({ email: user.email, password: user.password });
      const token = await resetToken(user);
      expect(refusal(await auth.post(url, { token }, access_token))).toEqual(dead);
      expect(refusal(await auth.get('/auth/me', token))).toEqual({ status: 401, code: 'token_invalid' });
      expect((await reset(token)).statusCode).toBe(204);
    },
  );
});

function changed(token: string): string {
  const [head, , signature] = token.split('.');
  const payload = Buffer.from(JSON.stringify({ ...claimsOf(token), exp: 4_000_000_000 })).toString('base64url');
  return `${head}.${payload}.${signature}`;
}
