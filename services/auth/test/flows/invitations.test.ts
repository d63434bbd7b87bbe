import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuthUnderTest, refusal, startAuth } from '../support/auth-under-test.ts';
import { mailsOf, mailsTo, type ReceivedMail } from '../support/mailbox.ts';

const A = 'site-a.localhost';
const PASSWORD = 'four quiet purple lanterns';
let auth: AuthUnderTest;
let manager: string;

beforeAll(async () => {
  auth = await startAuth({ env: { RATE_LIMIT: 'off' } });
  const boss = await auth.member({ site: A, roles: ['admin'] });
  manager = (await auth.login({ email: boss.email, password: boss.password })).access_token;
  await policy('invitation');
});
afterAll(() => auth[Symbol.asyncDispose]());

async function policy(registration: string) {
  expect((await auth.send('PATCH', `/auth/sites/${A}`, manager, { registration })).statusCode).toBe(200);
}

const newEmail = () => `u${randomUUID()}@gaia.test`;
const invite = (email: string, roles = ['author'], token = manager) =>
  auth.post(`/auth/sites/${A}/invitations`, { email, roles }, token);
const accept = (token: string, more: object = { password: PASSWORD }) =>
  auth.post('/auth/invitation', { token, ...more });
const dead = { status: 400, code: 'link_invalid' };

async function invited(email = newEmail(), roles?: string[]) {
  const before = (await mailsOf(auth)).filter(({ to }) => to === email).length;
  const answer = await invite(email, roles);
  expect(answer.statusCode, answer.body).toBe(201);
  const mails = await mailsTo(auth, email, before + 1);
  const mail = mails.findLast(({ subject }) => /invited/.test(subject)) as ReceivedMail;
  return { email, id: answer.json().id as string, token: mail.token, mail };
}

describe('an invitation', () => {
  it('makes a user and a member of who follows it', async () => {
    const { email, token, mail } = await invited();
    expect(mail.link?.pathname).toBe('/invitation');
    const details = await auth.post('/auth/invitation/details', { token });
    const nobody = { has_account: false, name: '', username: null };
    expect(details.json()).toEqual({ email, site: A, site_name: A, ...nobody });
    expect(refusal(await accept(token, {}))).toEqual({ status: 400, code: 'password_required' });
    expect((await accept(token)).json()).toEqual({ email, site: A });
    const { access_token } = await auth.login({ email, password: PASSWORD });
    expect((await auth.get('/auth/me', access_token)).json()).toMatchObject({
      roles: ['author'],
      email_verified: true,
    });
    expect(refusal(await accept(token))).toEqual(dead);
  });

  it('makes a member of who has an account, whose password stays', async () => {
    const user = await auth.provedMember({ site: 'site-b.localhost' });
    const { token } = await invited(user.email);
    expect((await auth.post('/auth/invitation/details', { token })).json().has_account).toBe(true);
    expect(refusal(await accept(token))).toEqual({ status: 409, code: 'account_exists' });
    expect((await accept(token, {})).statusCode).toBe(200);
    expect((await auth.post('/auth/login', { email: user.email, password: PASSWORD })).statusCode).toBe(401);
    const { access_token } = await auth.login({ email: user.email, password: user.password, site: A });
    expect((await auth.get('/auth/me', access_token)).json().roles).toEqual(['author']);
  });

  it('works once, also when it is accepted twenty times at once', async () => {
    const { token } = await invited();
    const answers = await Promise.all(Array.from({ length: 20 }, () => accept(token)));
    expect(answers.filter((answer) => answer.statusCode === 200)).toHaveLength(1);
  });

  it('does not bring back who was taken off the site', async () => {
    const { email, token } = await invited();
    auth.clock.advance(1_000);
    const { token: other } = await invited(email);
    await accept(token);
    const { access_token } = await auth.login({ email, password: PASSWORD });
    const { id } = (await auth.get('/auth/me', access_token)).json();
    expect((await auth.send('DELETE', `/auth/sites/${A}/members/${id}`, manager)).statusCode).toBe(204);
    for (const old of [token, other]) expect(refusal(await accept(old, {}))).toEqual(dead);
  });

  it('is dead when it is taken back, when the site closes, and after a week, and not after a newer one', async () => {
    const first = await invited();
    auth.clock.advance(1_000);
    const second = await invited(first.email);
    const url = `/auth/sites/${A}/invitations`;
    const listed = (await auth.get(url, manager)).json().items.map((item: { id: string }) => item.id);
    expect(listed).toEqual(expect.arrayContaining([first.id, second.id]));
    expect((await auth.send('DELETE', `${url}/${second.id}`, manager)).statusCode).toBe(204);
    expect(refusal(await auth.send('DELETE', `${url}/${second.id}`, manager))).toEqual({
      status: 404,
      code: 'invitation_not_found',
    });
    expect(refusal(await accept(second.token))).toEqual(dead);
    expect((await accept(first.token)).statusCode).toBe(200);

    const third = await invited();
    await policy('closed');
    expect(refusal(await accept(third.token))).toEqual({ status: 403, code: 'registration_closed' });
    expect(refusal(await invite(newEmail()))).toEqual({ status: 403, code: 'registration_closed' });
    await policy('invitation');
    auth.clock.advance(7 * 86_400_000);
    expect(refusal(await accept(third.token))).toEqual({ status: 400, code: 'link_expired' });
    auth.clock.advance(-7 * 86_400_000);
  });

  it('of a present member is refused, and the answer says where roles are set', async () => {
    const { email, token } = await invited();
    await accept(token);
    const { access_token } = await auth.login({ email, password: PASSWORD });
    const { id, roles } = (await auth.get('/auth/me', access_token)).json();
    const again = await invite(email.toUpperCase(), ['editor']);
    expect(refusal(again)).toEqual({ status: 409, code: 'already_member' });
    expect(again.json().detail).toContain(`PUT /auth/sites/${A}/members/${id}`);
    expect((await auth.get('/auth/me', access_token)).json().roles).toEqual(roles);
  });

  it('gives who has become a member meanwhile its roles beside their own, and the log tells which', async () => {
    const { email, token } = await invited(newEmail(), ['author']);
    auth.clock.advance(1_000);
    const { token: second } = await invited(email, ['author', 'editor']);
    await accept(token);
    const before = await auth.login({ email, password: PASSWORD });
    const { id } = (await auth.get('/auth/me', before.access_token)).json();
    expect((await accept(second, {})).statusCode).toBe(200);
    await auth.revoked(before.access_token);
    const { access_token } = (await auth.post('/auth/refresh', { refresh_token: before.refresh_token })).json();
    expect((await auth.get('/auth/me', access_token)).json().roles).toEqual(['author', 'editor']);
    const { items } = (await auth.get(`/auth/audit?action=invitation.accept&target=${id}`, manager)).json();
    const granted = items.map(({ details }: { details: { granted: string[] } }) => details.granted);
    expect(granted.sort()).toEqual([['author'], ['editor']]);
  });

  it('gives nobody more than who invites has, and is not for everybody to make', async () => {
    expect(refusal(await invite(newEmail(), ['owner']))).toEqual({ status: 403, code: 'forbidden' });
    expect(refusal(await invite(newEmail(), ['no-such-role']))).toEqual({ status: 400, code: 'validation_failed' });
    const editor = await auth.member({ site: A, roles: ['editor'] });
    const { access_token } = await auth.login({ email: editor.email, password: editor.password });
    expect(refusal(await invite(newEmail(), ['member'], access_token))).toEqual({
      status: 403,
      code: 'insufficient_scope',
    });
    const foreign = await auth.member({ site: 'site-b.localhost', roles: ['owner'] });
    const other = await auth.login({ email: foreign.email, password: foreign.password });
    expect(refusal(await invite(newEmail(), ['member'], other.access_token))).toEqual({
      status: 403,
      code: 'forbidden',
    });
  });
});
