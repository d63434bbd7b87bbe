import { openDatabase } from '@gaia/database/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuthTables } from '../../src/database.ts';
import { SCHEMA } from '../../src/migrations.ts';
import { ADMIN, type AuthUnderTest, startAuth, type TestMember } from '../support/auth-under-test.ts';
import { mailsTo } from '../support/mailbox.ts';

const A = 'site-a.localhost';
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0';
let auth: AuthUnderTest;
let owner: TestMember;
let ownerToken: string;

beforeAll(async () => {
  auth = await startAuth({ env: { RATE_LIMIT: 'off' } });
  owner = await auth.provedMember({ site: A, roles: ['owner'], name: 'ola' });
  ownerToken = (await auth.login({ email: owner.email, password: owner.password })).access_token;
  expect((await auth.send('PATCH', `/auth/sites/${A}`, ownerToken, { registration: 'open' })).statusCode).toBe(200);
});
afterAll(() => auth[Symbol.asyncDispose]());

/** Sends a request in a language; gives the newest mail to an address that was not there before. */
async function mailAfter(
  to: string,
  request: {
    url: string;
    body: object;
    language?: string | undefined;
    token?: string;
    userAgent?: string;
    from?: string;
  },
) {
  const { url, body, language, token, userAgent, from } = request;
  const before = (await mailsTo(auth, to, 0)).length;
  auth.clock.advance(1_000);
  const answer = await auth.app.inject({
    method: 'POST',
    url,
    payload: body,
    ...(from !== undefined && { remoteAddress: from }),
    headers: {
      ...(language !== undefined && { 'accept-language': language }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(userAgent !== undefined && { 'user-agent': userAgent }),
    },
  });
  expect(answer.statusCode, answer.body).toBeLessThan(300);
  const mail = (await mailsTo(auth, to, before + 1)).at(-1);
  if (mail === undefined) throw new Error('no mail');
  return mail;
}

const forgot = (language: string | undefined) =>
  mailAfter(ADMIN.email, { url: '/auth/forgot', body: { email: ADMIN.email }, language });

describe('a mail is in the language of the request that causes it', () => {
  it.each([
    ['de', 'de', 'Neues Passwort für Gaia', 'Der Link funktioniert einmal und ist 30 Minuten lang gültig.'],
    ['de-AT,de;q=0.9,en;q=0.8', 'de', 'Neues Passwort für Gaia', 'Neues Passwort wählen'],
    ['pt-BR, fr;q=0.3', 'fr', 'Nouveau mot de passe pour Gaia', 'reste valable 30 minutes'],
    ['zh-Hans-CN', 'zh', '为 Gaia 设置新密码', '有效期为 30分钟'],
    ['en-GB', 'en', 'A new password for Gaia', 'is valid for 30 minutes'],
    ['pt-BR, ja', 'en', 'A new password for Gaia', 'Choose a new password'],
    ['*', 'en', 'A new password for Gaia', 'Choose a new password'],
    ['de;q=0', 'en', 'A new password for Gaia', 'Choose a new password'],
    [`${'x'.repeat(4_000)},,;q=,de;q=9`, 'en', 'A new password for Gaia', 'Choose a new password'],
    [undefined, 'en', 'A new password for Gaia', 'Choose a new password'],
  ])('with Accept-Language: %s', async (accepted, language, subject, words) => {
    const mail = await forgot(accepted);
    expect(mail).toMatchObject({ language, subject });
    expect(mail.text.replace(/\s+/g, ' ')).toContain(words);
    expect(mail.html).toContain(`<html lang="${language}">`);
    expect(mail.link?.pathname).toBe('/reset');
    expect((await auth.post('/auth/reset/details', { token: mail.token })).statusCode).toBe(200);
  });

  it('for a registration', async () => {
    const url = `/auth/sites/${A}/registrations`;
    const mail = await mailAfter('neu@gaia.test', { url, body: { email: 'neu@gaia.test' }, language: 'fr' });
    expect(mail).toMatchObject({ language: 'fr', subject: `Confirmez votre adresse pour ${A}` });
    expect(mail.text.replace(/\s+/g, ' ')).toContain('reste valable 24 heures');
  });

  it('for an invitation', async () => {
    const url = `/auth/sites/${A}/invitations`;
    const body = { email: 'gast@gaia.test', roles: ['member'] };
    const mail = await mailAfter('gast@gaia.test', { url, body, language: 'zh', token: ownerToken });
    expect(mail).toMatchObject({ language: 'zh', subject: `邀请您加入 ${A}` });
    expect(mail.text).toContain('有效期为 7天');
  });

  it('for an account that an administrator makes', async () => {
    const { access_token: token } = await auth.login();
    const body = { email: 'kim@gaia.test' };
    const mail = await mailAfter('kim@gaia.test', { url: '/auth/users', body, language: 'de', token });
    expect(mail).toMatchObject({ language: 'de', subject: 'Bestätigen Sie Ihre Adresse für Gaia' });
  });

  it('for a login from a device that is new', async () => {
    const { email, password } = owner;
    const login = { url: '/auth/login', body: { email, password }, language: 'de' };
    const mail = await mailAfter(email, { ...login, userAgent: FIREFOX });
    expect(mail).toMatchObject({ language: 'de', subject: `Neues Gerät bei ${A}` });
    expect(mail.text).toContain('Zeit: 22.11.2026');
    expect(mail.text).toContain('IP-Adresse: 127.0.0.1');
    expect(mail.text).toContain('Gerät: Firefox unter Linux');
    const unknown = await mailAfter(email, { ...login, language: 'fr', userAgent: 'x', from: '198.51.100.7' });
    expect(unknown.text.replaceAll('\u00a0', ' ')).toContain('Adresse IP : 198.51.100.7');
    expect(unknown.text.replaceAll('\u00a0', ' ')).toContain('Appareil : Appareil inconnu');
  });

  it('for a new password', async () => {
    const body = { current_password: owner.password, password: 'seven brisk orange kettles' };
    const mail = await mailAfter(owner.email, { url: '/auth/me/password', body, language: 'zh', token: ownerToken });
    expect(mail).toMatchObject({ language: 'zh', subject: `您在 ${A} 的密码已更改` });
  });
});

describe('a notice', () => {
  it('is in the language of the device that is known for longest, whatever an intruder accepts', async () => {
    const { email, password } = await auth.provedMember({ site: A, name: 'uma' });
    const login = { method: 'POST', url: '/auth/login', payload: { email, password } } as const;
    const own = { 'accept-language': 'de-AT', 'user-agent': FIREFOX };
    const first = await auth.app.inject({ ...login, headers: own });
    const body = { email, password };
    const intruder = { url: '/auth/login', body, language: 'zh', userAgent: 'curl/8', from: '198.51.100.7' };
    expect(await mailAfter(email, intruder)).toMatchObject({ language: 'de', subject: `Neues Gerät bei ${A}` });
    const change = { current_password: password, password: 'seven brisk orange kettles' };
    const token: string = first.json().access_token;
    const changed = await mailAfter(email, { url: '/auth/me/password', body: change, language: 'zh', token });
    expect(changed).toMatchObject({ language: 'de', subject: `Ihr Passwort bei ${A} wurde geändert` });
  });
});

it.each([
  ['has no language, as those of earlier versions', {}],
  ['has a language that there are no texts in', { language: 'constructor' }],
])('a mail whose job %s is in English', async (_what, more) => {
  const before = (await mailsTo(auth, ADMIN.email, 0)).length;
  const database = openDatabase<AuthTables>({ url: auth.databaseUrl, schema: SCHEMA, applicationName: 'test' });
  auth.clock.advance(1_000);
  const at = new Date(auth.clock.now());
  const job = JSON.stringify({ kind: 'password_reset', emailKey: ADMIN.email, ...more });
  await database
    .insertInto('mail_outbox')
    .values({ id: crypto.randomUUID(), job, created_at: at, next_attempt_at: at })
    .execute();
  await database.destroy();
  // Another mail wakes the worker.
  await auth.post('/auth/forgot', { email: 'unknown@gaia.test' });
  expect((await mailsTo(auth, ADMIN.email, before + 1)).at(-1)?.subject).toBe('A new password for Gaia');
});
