import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mailedLink } from './mailed-link.ts';
import { createPerson, type Page, type Person } from './person.ts';
import { password as adminPassword, call, type RunningSuite, runSuite } from './running-suite.ts';

const A = 'site-a.localhost';
const B = 'site-b.localhost';
let suite: RunningSuite;
let admin: string;
/** Origins of the sites. */
let a: string;
let b: string;

beforeAll(async () => {
  suite = await runSuite({ RATE_LIMIT: 'off' });
  [a, b] = [A, B].map((host) => `http://${host}:${suite.port}`) as [string, string];
  const body = { email: 'admin@localhost', password: adminPassword };
  admin = (await call('POST', `${suite.url}/auth/login`, { body })).json.access_token;
  await letRegister(A, 'open');
}, 60_000);
afterAll(() => suite?.stop());

const PASSWORD = 'seven herons in the reeds';
const newEmail = () => `p${randomBytes(5).toString('hex')}@example.org`;

async function letRegister(site: string, registration: string): Promise<void> {
  const answer = await call('PATCH', `${suite.url}/auth/sites/${site}`, { token: admin, body: { registration } });
  expect(answer.status).toBe(200);
}

const linkTo = async (page: string, email: string, origin = a) =>
  `${origin}${page}?token=${await mailedLink(suite.dataDir, email, page)}`;

/** A user with a password, made by the administrator. */
async function newUser(sites: readonly string[] = [A], roles = ['member']): Promise<{ email: string; id: string }> {
  const email = newEmail();
  const made = await call('POST', `${suite.url}/auth/users`, { token: admin, body: { email, password: PASSWORD } });
  expect(made.status, made.text).toBe(201);
  for (const site of sites) {
    const url = `${suite.url}/auth/sites/${site}/members/${made.json.id}`;
    expect((await call('PUT', url, { token: admin, body: { roles } })).status).toBe(201);
  }
  return { email, id: made.json.id };
}

/** The same with a proved address. */
async function provedUser(sites: readonly string[] = [A]): Promise<{ email: string; id: string }> {
  const user = await newUser(sites);
  await call('POST', `${suite.url}/auth/forgot`, { body: { email: user.email } });
  const token = await mailedLink(suite.dataDir, user.email, '/reset');
  const body = { token, password: PASSWORD };
  expect((await call('POST', `${suite.url}/auth/reset`, { body })).status).toBe(204);
  return user;
}

async function signedIn(email: string, origin = a, secret = PASSWORD): Promise<{ person: Person; page: Page }> {
  const person = createPerson();
  const page = await person.submit(await person.visit(`${origin}/sign-in`), { name: email, password: secret });
  return { person, page };
}

const isSignedIn = async (person: Person, origin = a) =>
  new URL((await person.visit(`${origin}/account`)).url).pathname === '/account';
const cookieName = () => `gaia-${suite.port}`;
const sessionCookie = (person: Person, host = A) => person.cookies.get(host)?.get(cookieName());

describe('/register', () => {
  it('and the link in the mail, where the password is chosen, make a member, once; the mail’s GET makes none', async () => {
    const [person, email] = [createPerson(), newEmail()];
    const form = await person.visit(`${a}/register`);
    expect(form.text).not.toContain('type="password"');
    const sent = await person.submit(form, { email });
    expect([sent.status, sent.title]).toEqual([200, 'Look into your mail']);
    const link = await linkTo('/verify', email);
    const scanner = await createPerson().visit(link);
    expect([scanner.status, scanner.title]).toEqual([200, 'Confirm your e-mail address']);
    expect((await signedIn(email)).page.status).toBe(401);

    const page = await person.visit(link);
    expect(page.text).toContain(`value="${email}" readonly`);
    const none = await person.submit(page);
    expect([none.status, none.text.includes('id="password-error"')]).toEqual([400, true]);
    const reserved = await person.submit(none, { password: PASSWORD, name: 'Ann', username: 'Adm1n' });
    expect([reserved.status, reserved.text.includes('id="username-error"')]).toEqual([400, true]);
    expect(reserved.text).toContain('value="Ann"');
    expect(reserved.text).toMatch(/id="username"[^>]* autofocus/);
    expect(reserved.text).not.toContain(PASSWORD);
    const confirmed = await person.submit(reserved, { password: PASSWORD, username: '' });
    expect([confirmed.status, confirmed.title]).toEqual([200, 'Your address is confirmed']);
    expect((await signedIn(email)).page.text).toContain('Signed in as Ann');
    const again = await person.visit(link);
    expect([again.status, again.title]).toEqual([400, 'That did not work']);
  });

  it('says the same to who has an account already, whose link joins the site without a password', async () => {
    const { email } = await provedUser([B]);
    const person = createPerson();
    const known = await person.submit(await person.visit(`${a}/register`), { email });
    const other = await person.submit(await person.visit(`${a}/register`), { email: newEmail() });
    expect([known.status, known.text]).toEqual([other.status, other.text]);
    const page = await person.visit(await linkTo('/verify', email));
    expect(page.title).toMatch(/^Join /);
    expect(page.text).not.toContain('type="password"');
    expect((await person.submit(page)).title).toBe('Welcome');
    expect((await signedIn(email)).page.url).toBe(`${a}/account`);
  });

  it.each([
    ['no address', { email: '' }],
    ['a text that is no address', { email: 'nobody' }],
  ])('with %s shows the form again and what is wrong beside the field', async (_name, fields) => {
    const person = createPerson();
    const page = await person.submit(await person.visit(`${a}/register`), fields);
    expect(page.status).toBe(400);
    expect(page.text).toContain('id="email-error"');
    expect(page.text).toContain('role="alert"');
  });

  it.each(['closed', 'invitation'])('is not for a site whose registration is %s', async (registration) => {
    await letRegister(B, registration);
    const person = createPerson();
    const form = await person.visit(`${a}/register`);
    const page = await person.visit(`${b}/register`);
    expect([page.status, page.title]).toEqual([403, 'That did not work']);
    expect(page.text).not.toContain('<form');
    const csrf = /name="csrf" value="([^"]+)"/.exec((await person.visit(`${b}/sign-in`)).text)?.[1] ?? '';
    const forced = await person.submit({ ...form, url: `${b}/register` }, { email: newEmail(), csrf });
    expect(forced.status).toBe(403);
  });
});

describe('who was taken off their last site', () => {
  it('still signs in there, downloads all that is kept of them, and deletes the account', async () => {
    const { email, id } = await newUser([A], ['author']);
    const { json } = await call('POST', `${suite.url}/auth/login`, { body: { email, password: PASSWORD, site: A } });
    const types = `${suite.url}/cms/sites/${A}/types`;
    const owner = (
      await call('POST', `${suite.url}/auth/login`, {
        body: { email: 'admin@localhost', password: adminPassword, site: A },
      })
    ).json.access_token;
    await call('POST', types, { token: owner, body: { name: 'note', fields: [{ name: 'title', type: 'text' }] } });
    const entry = { type: 'note', fields: { title: 'written by the leaver' } };
    const made = await call('POST', `${suite.url}/cms/sites/${A}/entries`, { token: json.access_token, body: entry });
    expect(made.status, made.text).toBe(201);
    await call('DELETE', `${suite.url}/auth/sites/${A}/members/${id}`, { token: admin });

    const { person, page } = await signedIn(email);
    expect(new URL(page.url).pathname).toBe('/account');
    const document = JSON.parse((await person.visit(`${a}/auth/me/export`)).text);
    expect(document).toMatchObject({
      account: { id, email },
      memberships: [],
      entries: [{ id: made.json.id, site: A, fields: { title: 'written by the leaver' } }],
      files: [],
      complete: true,
    });
    const account = await person.visit(`${a}/account`);
    const refused = await person.submit(account, { password: 'not the password' }, { action: '/account/deletion' });
    expect(refused.status).toBe(403);
    expect(refused.text).toContain('The current password is incorrect.');
    const gone = await person.submit(refused, { password: PASSWORD }, { action: '/account/deletion' });
    expect([gone.status, gone.title]).toEqual([200, 'Your account is deleted']);
    expect(await isSignedIn(person)).toBe(false);
    expect((await signedIn(email)).page.status).toBe(401);
    const kept = await call('GET', `${suite.url}/cms/sites/${A}/entries/${made.json.id}`, { token: owner });
    expect(kept.json).toMatchObject({ author: id });
  });
});

describe('/forgot and /reset', () => {
  it('set another password, end every session, and work once', async () => {
    const { email } = await newUser();
    const { person } = await signedIn(email);
    const sent = await person.submit(await person.visit(`${a}/forgot`), { email });
    const stranger = await person.submit(await person.visit(`${a}/forgot`), { email: newEmail() });
    expect([sent.status, sent.text]).toEqual([200, stranger.text]);

    const link = await linkTo('/reset', email);
    const weak = await person.submit(await person.visit(link), { password: 'password1234' });
    expect(weak.status).toBe(400);
    expect(weak.text).toContain('id="password-error"');
    const other = 'nine owls on the old gate';
    const done = await person.submit(weak, { password: other });
    expect([done.status, done.title]).toEqual([200, 'Your password is changed']);
    await expect.poll(() => isSignedIn(person), { timeout: 10_000 }).toBe(false);
    expect((await signedIn(email)).page.status).toBe(401);
    expect((await signedIn(email, a, other)).page.url).toBe(`${a}/account`);
    const again = await person.visit(link);
    expect([again.status, again.title]).toEqual([400, 'That did not work']);
  });

  it.each([
    ['/forgot', { email: '' }],
    ['/forgot', { email: 'nobody' }],
  ])('%s with %j is refused', async (path, fields) => {
    const person = createPerson();
    expect((await person.submit(await person.visit(a + path), fields)).status).toBe(400);
  });

  it('take no link of another kind', async () => {
    const email = newEmail();
    const person = createPerson();
    await person.submit(await person.visit(`${a}/register`), { email });
    const token = await mailedLink(suite.dataDir, email, '/verify');
    for (const path of ['/reset', '/invitation']) {
      const page = await person.visit(`${a}${path}?token=${token}`);
      expect([path, page.status, page.title]).toEqual([path, 400, 'That did not work']);
    }
    const links = ['/verify', '/reset', '/invitation'].flatMap((path) => [path, `${path}?token=x`]);
    for (const path of [...links, `/verify?token=${admin}`]) {
      const page = await person.visit(a + path);
      expect([path, page.status, page.title]).toEqual([path, 400, 'That did not work']);
      expect(page.text).not.toContain('<form');
    }
  });
});

describe('/invitation', () => {
  const invite = async (email: string) => {
    const options = { token: admin, body: { email, roles: ['author'] } };
    expect((await call('POST', `${suite.url}/auth/sites/${A}/invitations`, options)).status).toBe(201);
    return linkTo('/invitation', email);
  };

  it('says what it is for, makes an account, and works once', async () => {
    const [person, email] = [createPerson(), newEmail()];
    const link = await invite(email);
    const page = await person.visit(link);
    expect([page.status, page.title]).toEqual([200, 'You are invited to Site A']);
    expect(page.text).toContain(email);
    const none = await person.submit(page, { password: '' });
    expect([none.status, none.text.includes('id="password-error"')]).toEqual([400, true]);
    const weak = await person.submit(none, { password: 'password1234', name: 'Bo' });
    expect([weak.status, weak.text.includes('value="Bo"')]).toEqual([400, true]);
    const joined = await person.submit(weak, { password: PASSWORD });
    expect([joined.status, joined.title]).toEqual([200, 'Welcome']);
    expect((await signedIn(email)).page.text).toContain('Signed in as Bo');
    expect((await person.visit(link)).status).toBe(400);
  });

  it('asks the holder of a proved account for no password', async () => {
    for (const user of [await provedUser([B]), await newUser([B])]) {
      const isProved = (await call('GET', `${suite.url}/auth/users/${user.id}`, { token: admin })).json.email_verified;
      const person = createPerson();
      const page = await person.visit(await invite(user.email));
      expect(page.text.includes('type="password"')).toBe(!isProved);
      expect((await person.submit(page, isProved ? {} : { password: `${PASSWORD} too` })).title).toBe('Welcome');
      const { page: account } = await signedIn(user.email, a, isProved ? PASSWORD : `${PASSWORD} too`);
      expect(account.url).toBe(`${a}/account`);
    }
  });
});

it('/email-change takes the link to the new address, in a session of the account, which gets another id', async () => {
  const { email } = await provedUser();
  const { person } = await signedIn(email);
  const { csrf_token: csrf } = JSON.parse((await person.visit(`${a}/session`)).text);
  const next = newEmail();
  const headers = { 'x-csrf-token': csrf, 'content-type': 'application/json', origin: a };
  const body = JSON.stringify({ email: next, password: PASSWORD });
  expect((await person.send('POST', `${a}/auth/me/email`, headers, body)).status).toBe(202);
  const link = await linkTo('/email-change', next);
  const before = sessionCookie(person);
  const nobody = await createPerson().visit(link);
  expect([nobody.status, nobody.text.includes('Sign in with the account')]).toEqual([401, true]);
  const somebodyElse = (await signedIn((await provedUser()).email)).person;
  const foreign = await somebodyElse.visit(link);
  expect([foreign.status, foreign.text.includes('belongs to another account')]).toEqual([403, true]);
  expect(foreign.text).not.toContain('<form');
  const done = await person.submit(await person.visit(link));
  expect([done.status, done.title]).toEqual([200, 'Your address is changed']);
  expect(sessionCookie(person)).not.toBe(before);
  expect(JSON.parse((await person.visit(`${a}/session`)).text)).toMatchObject({ user: { email: next } });
  expect((await person.visit(link)).status).toBe(400);
  expect((await signedIn(email)).page.status).toBe(401);
  expect((await signedIn(next)).page.url).toBe(`${a}/account`);
});

describe('/account', () => {
  it('ends another login, and then all of them on all sites', async () => {
    const { email } = await newUser([A, B]);
    const [here, elsewhere] = [(await signedIn(email)).person, (await signedIn(email)).person];
    const page = await here.visit(`${a}/account`);
    expect(page.text.match(/<strong>Firefox on Linux<\/strong>/g)).toHaveLength(2);
    const before = sessionCookie(here);
    const ended = await here.submit(page, {}, { action: '/account/sessions' });
    expect([ended.status, ended.url]).toEqual([200, `${a}/account`]);
    expect(ended.text).not.toContain('action="/account/sessions"');
    expect(sessionCookie(here)).not.toBe(before);
    await expect.poll(() => isSignedIn(elsewhere), { timeout: 10_000 }).toBe(false);

    const link = /href="(http:[^"]*\/sso[^"]*)"/.exec(ended.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    expect((await here.visit(link)).url).toBe(`${b}/account`);
    const third = (await signedIn(email)).person;
    const out = await here.submit(await here.visit(`${b}/account`), {}, { action: '/account/sign-out-everywhere' });
    expect(out.title).toBe('You are signed out');
    expect(sessionCookie(here, B)).toBeUndefined();
    for (const [person, origin] of [
      [here, a],
      [here, b],
      [third, a],
    ] as const) {
      await expect.poll(() => isSignedIn(person, origin), { timeout: 10_000 }).toBe(false);
    }
  });

  it('signs out of all sites of this sign-on, and of no other; what happened stands in the audit log', async () => {
    const { email, id } = await newUser([A, B]);
    const [here, elsewhere] = [(await signedIn(email)).person, (await signedIn(email)).person];
    expect((await here.visit(`${b}/sso?from=${A}&return=/account`)).url).toBe(`${b}/account`);
    const out = await here.submit(await here.visit(`${b}/account`), {}, { action: '/account/sign-out' });
    expect(out.title).toBe('You are signed out');
    for (const origin of [a, b]) await expect.poll(() => isSignedIn(here, origin), { timeout: 10_000 }).toBe(false);
    expect(await isSignedIn(elsewhere)).toBe(true);
    const audit = await call('GET', `${suite.url}/auth/audit?actor=${id}`, { token: admin });
    const actions = audit.json.items.map(({ action }: { action: string }) => action);
    expect(actions).toEqual(
      expect.arrayContaining(['session.open', 'sign_on.hand_over', 'sign_on.open', 'sign_on.end']),
    );
  });
});

describe('no form is taken', () => {
  const account = ['/account/sessions', '/account/sign-out', '/account/sign-out-everywhere'];
  const forged: [string, Record<string, string | undefined>, Record<string, string>][] = [
    ['without its token', { csrf: undefined }, {}],
    ['with a wrong token', { csrf: 'A'.repeat(43) }, {}],
    ['with another browser’s token', {}, { cookie: `gaia-form=${'A'.repeat(43)}` }],
    ['from another site', {}, { origin: 'http://evil.example' }],
    ['from no origin', {}, { origin: 'null' }],
    ['from a sibling site', {}, { 'sec-fetch-site': 'same-site' }],
    ['that is no form', {}, { 'content-type': 'text/plain' }],
    ['that is JSON', {}, { 'content-type': 'application/json' }],
  ];

  let person: Person;
  let pages: readonly string[];
  beforeAll(async () => {
    const { email } = await newUser();
    ({ person } = await signedIn(email));
    const [invited, next] = [newEmail(), newEmail()];
    const invitation = { token: admin, body: { email: invited, roles: ['author'] } };
    await call('POST', `${suite.url}/auth/sites/${A}/invitations`, invitation);
    await call('POST', `${suite.url}/auth/sites/${A}/registrations`, { body: { email: invited } });
    await call('POST', `${suite.url}/auth/forgot`, { body: { email } });
    const body = { email, password: PASSWORD, site: A };
    const token = (await call('POST', `${suite.url}/auth/login`, { body })).json.access_token;
    await call('POST', `${suite.url}/auth/me/email`, { token, body: { email: next, password: PASSWORD } });
    const links = [
      await linkTo('/reset', email),
      await linkTo('/verify', invited),
      await linkTo('/invitation', invited),
      await linkTo('/email-change', next),
    ];
    pages = [...['/sign-in', '/register', '/forgot'].map((path) => a + path), ...links];
    // Another login, so that there is one to end.
    await signedIn(email);
  });

  it.each(forged)('%s', async (_name, fields, { cookie: forgedCookie, ...others }) => {
    // Cookies are named for the port, which is not known where the table stands.
    const headers = { ...others, ...(forgedCookie && { cookie: forgedCookie.replace('=', `-${suite.port}=`) }) };
    for (const path of pages) {
      const page = await person.visit(path);
      const answer = await person.submit(page, fields, { headers });
      expect([path, [400, 403, 415].includes(answer.status)]).toEqual([path, true]);
      expect(answer.headers['set-cookie'] ?? []).not.toContainEqual(expect.stringMatching(/^gaia-\d+=./));
    }
    for (const action of account) {
      const page = await person.visit(`${a}/account`);
      const kept = sessionCookie(person);
      const cookie = headers.cookie && { cookie: `${headers.cookie}; ${cookieName()}=${kept}` };
      const answer = await person.submit(page, fields, { action, headers: { ...headers, ...cookie } });
      expect([action, answer.status === 403 || answer.status === 415 || answer.status === 400]).toEqual([action, true]);
      expect(await isSignedIn(person)).toBe(true);
    }
  });
});
