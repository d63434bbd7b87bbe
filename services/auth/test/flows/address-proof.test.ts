import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type AuthUnderTest, refusal, startAuth, type TestMember } from '../support/auth-under-test.ts';
import { mailsOf, mailTo } from '../support/mailbox.ts';

/*
 * An account belongs to who proves its address. What the literature (Sudhodanan and Paverd, “Pre-hijacked accounts”, 2022)
 * and the field would try: credentials, names, sessions and pending changes that are set before the owner comes, and links
 * that are taken from, or given to, another person.
 */
const A = 'site-a.localhost';
const B = 'site-b.localhost';
const MINE = 'four quiet purple lanterns';
const THEIRS = 'chosen by another person 7';
let auth: AuthUnderTest;
let admin: string;

beforeAll(async () => {
  auth = await startAuth({ env: { RATE_LIMIT: 'off' } });
  admin = (await auth.login()).access_token;
  for (const id of [A, B]) {
    expect((await auth.post('/auth/sites', { id, name: id }, admin)).statusCode).toBe(201);
    await policy(id, 'open');
  }
});
afterAll(() => auth[Symbol.asyncDispose]());

async function policy(site: string, registration: string) {
  expect((await auth.send('PATCH', `/auth/sites/${site}`, admin, { registration })).statusCode).toBe(200);
}

const newEmail = () => `u${randomUUID()}@gaia.test`;
const register = (email: string, site = A, more: object = {}) =>
  auth.post(`/auth/sites/${site}/registrations`, { email, ...more });
const verify = (token: string, more: object = { password: MINE }) => auth.post('/auth/verify', { token, ...more });
const login = (email: string, password: string, site?: string) =>
  auth.post('/auth/login', { email, password, ...(site && { site }) });
const dead = { status: 400, code: 'link_invalid' };
const wrong = { status: 401, code: 'invalid_credentials' };

/** Does something that mails a link; gives the link's token. */
async function mailed(email: string, cause: () => Promise<{ statusCode: number; body: string }>): Promise<string> {
  const before = new Set((await mailsOf(auth)).map(({ file }) => file));
  const answer = await cause();
  expect(answer.statusCode, answer.body).toBeLessThan(300);
  return vi.waitFor(
    async () => {
      const mails = (await mailsOf(auth)).filter(({ file, token }) => token !== '' && !before.has(file));
      const mail = mails.find(({ to }) => to.toLowerCase() === email);
      if (mail === undefined) throw new Error(`no link to ${email}`);
      return mail.token;
    },
    { timeout: 10_000, interval: 20 },
  );
}

/** The doors by which an owner can come. */
const doors: readonly (readonly [string, (user: { email: string }, choice: object) => Promise<string>])[] = [
  [
    'a registration',
    async ({ email }, choice) => {
      const token = await mailed(email, () => register(email, B));
      expect((await verify(token, choice)).statusCode).toBe(200);
      return token;
    },
  ],
  [
    'an invitation',
    async ({ email }, choice) => {
      const body = { email, roles: ['owner'] };
      const token = await mailed(email, () => auth.post(`/auth/sites/${B}/invitations`, body, admin));
      expect((await auth.post('/auth/invitation', { token, ...choice })).statusCode).toBe(200);
      return token;
    },
  ],
  [
    'a forgotten password',
    async ({ email }, choice) => {
      const token = await mailed(email, () => auth.post('/auth/forgot', { email }));
      expect((await auth.post('/auth/reset', { token, ...choice })).statusCode).toBe(204);
      return token;
    },
  ],
  [
    'a verification that a session asked for',
    async ({ email }, choice) => {
      const { access_token } = (await login(email, THEIRS)).json();
      const token = await mailed(email, () => auth.post('/auth/me/verification', undefined, access_token));
      expect((await verify(token, choice)).statusCode).toBe(200);
      return token;
    },
  ],
];

describe.each(doors)('an account made by another person, proved by %s', (_door, prove) => {
  it('keeps no password, session, name, user name or pending change of before', async () => {
    const email = newEmail();
    const handle = `h${randomUUID().slice(0, 8)}`;
    const body = { email, password: THEIRS, name: 'Mallory', username: handle };
    const { id } = (await auth.post('/auth/users', body, admin)).json();
    await auth.send('PUT', `/auth/sites/${A}/members/${id}`, admin, { roles: ['author'] });
    const session = (await login(email, THEIRS)).json();
    const address = newEmail();
    const change = { email: address, password: THEIRS };
    const changeToken = await mailed(address, () => auth.post('/auth/me/email', change, session.access_token));
    const resetToken = await mailed(email, () => auth.post('/auth/forgot', { email }));

    const used = await prove({ email }, { password: MINE, name: 'Vera' });
    expect(refusal(await login(email, THEIRS))).toEqual(wrong);
    expect(refusal(await auth.post('/auth/login', { username: handle, password: MINE }))).toEqual(wrong);
    await auth.revoked(session.access_token);
    expect((await auth.post('/auth/refresh', { refresh_token: session.refresh_token })).statusCode).toBe(401);
    const { access_token } = (await login(email, MINE, A)).json();
    expect((await auth.get('/auth/me', access_token)).json()).toMatchObject({
      id,
      email,
      email_verified: true,
      name: 'Vera',
      username: null,
      // What the site has granted to the address is no credential, and stays.
      roles: ['author'],
    });
    // Links from before, and the link itself once more.
    const late = await auth.post('/auth/email-change', { token: changeToken }, access_token);
    expect(refusal(late)).toEqual(dead);
    expect(refusal(await auth.post('/auth/reset', { token: resetToken, password: THEIRS }))).toEqual(dead);
    for (const url of ['/auth/verify', '/auth/invitation', '/auth/reset']) {
      expect(refusal(await auth.post(url, { token: used, password: THEIRS }))).toEqual(dead);
    }
    expect((await login(email, MINE, A)).statusCode).toBe(200);
  });

  it('needs a password, and a good one', async () => {
    const email = newEmail();
    const { id } = (await auth.post('/auth/users', { email, password: THEIRS }, admin)).json();
    await auth.send('PUT', `/auth/sites/${A}/members/${id}`, admin, { roles: ['member'] });
    await expect(prove({ email }, {})).rejects.toThrow();
    await expect(prove({ email }, { password: 'password123' })).rejects.toThrow();
    expect((await login(email, THEIRS)).statusCode).toBe(200);
  });
});

describe('an account that its owner has proved', () => {
  const strangers: [string, (email: string, token: string) => Promise<unknown>][] = [
    ['a registration', (_email, token) => verify(token, {})],
    ['a registration with a password', (_email, token) => verify(token, { password: THEIRS })],
    ['a registration with a name', (_email, token) => verify(token, { name: 'Mallory' })],
  ];
  it.each(strangers)('keeps its password and names through %s', async (_what, happens) => {
    const user = await auth.provedMember({ site: A });
    const token = await mailed(user.email, () => register(user.email, B, { name: 'Mallory', username: 'mallory' }));
    await happens(user.email, token);
    expect(refusal(await login(user.email, THEIRS))).toEqual(wrong);
    const { access_token } = (await login(user.email, user.password, A)).json();
    const me = (await auth.get('/auth/me', access_token)).json();
    expect(me).toMatchObject({ name: user.username, username: user.username });
  });

  it('is not made by an administrator of a site, who adds no existing account either', async () => {
    const boss = await auth.member({ site: A, roles: ['admin'] });
    const { access_token } = (await login(boss.email, boss.password)).json();
    const email = newEmail();
    const made = await auth.post('/auth/users', { email, password: THEIRS }, access_token);
    expect(refusal(made)).toEqual({ status: 403, code: 'insufficient_scope' });
    const stranger = await auth.provedMember({ site: B });
    for (const id of [stranger.id, randomUUID()]) {
      const answers = [
        await auth.send('PUT', `/auth/sites/${A}/members/${id}`, access_token, { roles: ['member'] }),
        await auth.get(`/auth/sites/${A}/members/${id}`, access_token),
        await auth.get(`/auth/users/${id}`, access_token),
        await auth.send('DELETE', `/auth/sites/${A}/members/${id}`, access_token),
      ];
      for (const answer of answers) expect(refusal(answer)).toEqual({ status: 404, code: 'member_not_found' });
    }
  });

  it('is the first administrator’s from the beginning', async () => {
    const email = 'root@gaia.test';
    expect((await auth.get('/auth/me', admin)).json().email_verified).toBe(true);
    const token = await mailed(email, () => register(email, A));
    expect(refusal(await verify(token, { password: THEIRS }))).toEqual({ status: 409, code: 'account_exists' });
  });
});

describe('links of one address', () => {
  it('that many ask for all work, each with what its holder chooses, and one use ends those of its site', async () => {
    const email = newEmail();
    const tokens = [];
    for (const name of ['Vera', 'Mallory', 'Eve']) tokens.push(await mailed(email, () => register(email, A, { name })));
    const elsewhere = await mailed(email, () => register(email, B));
    const [vera = '', mallory = ''] = tokens;
    expect((await auth.post('/auth/verify/details', { token: mallory })).json().name).toBe('Mallory');
    expect((await verify(vera, { password: MINE, name: 'Vera' })).statusCode).toBe(200);
    for (const token of tokens) expect(refusal(await verify(token, { password: THEIRS }))).toEqual(dead);
    // At another site it only joins.
    const taken = await verify(elsewhere, { password: THEIRS });
    expect(refusal(taken)).toEqual({ status: 409, code: 'account_exists' });
    expect((await verify(elsewhere, {})).statusCode).toBe(200);
    expect((await login(email, MINE, B)).statusCode).toBe(200);
    expect(refusal(await login(email, THEIRS, A))).toEqual(wrong);
  });

  it('that are used at once make one account with one password, and one membership a site', async () => {
    const email = newEmail();
    const tokens = [
      await mailed(email, () => register(email, A)),
      await mailed(email, () => register(email, A)),
      await mailed(email, () => register(email, B)),
    ];
    const invitation = await mailed(email, () =>
      auth.post(`/auth/sites/${A}/invitations`, { email, roles: ['author'] }, admin),
    );
    const passwords = tokens.map((_token, index) => `${MINE} ${index}`);
    const answers = await Promise.all([
      ...tokens.map((token, index) => verify(token, { password: passwords[index] })),
      auth.post('/auth/invitation', { token: invitation, password: `${MINE} 3` }),
    ]);
    expect(answers.filter(({ statusCode }) => statusCode === 200)).toHaveLength(1);
    for (const answer of answers) {
      if (answer.statusCode !== 200)
        expect([dead, { status: 409, code: 'account_exists' }]).toContainEqual(refusal(answer));
    }
    const works = await Promise.all([...passwords, `${MINE} 3`].map((password) => login(email, password)));
    expect(works.filter(({ statusCode }) => statusCode === 200)).toHaveLength(1);
    const found = (await auth.get(`/auth/users?q=${encodeURIComponent(email)}`, admin)).json().items;
    expect(found).toHaveLength(1);
  });

  it('are bounded; what is beyond shares a link, and ends none', async () => {
    const email = newEmail();
    const first = await mailed(email, () => register(email, A));
    for (let index = 0; index < 14; index += 1) await register(email, A, { name: `flood ${index}` });
    const last = await mailed(email, () => register(email, A));
    expect((await auth.post('/auth/verify/details', { token: last })).statusCode).toBe(200);
    expect((await verify(first)).statusCode).toBe(200);
  });

  it('of invitations are bounded', async () => {
    const email = newEmail();
    const invite = () => auth.post(`/auth/sites/${A}/invitations`, { email, roles: ['member'] }, admin);
    for (let index = 0; index < 10; index += 1) expect((await invite()).statusCode).toBe(201);
    expect(refusal(await invite())).toEqual({ status: 409, code: 'too_many_invitations' });
  });

  it.each<[string, (email: string) => string]>([
    ['capitals', (email) => email.toUpperCase()],
    ['a domain in Unicode', (email) => email.replace('xn--bcher-kva.example', 'bücher.example')],
    ['fullwidth letters of the domain', (email) => email.replace('.example', '．ｅｘａｍｐｌｅ')],
  ])('are of one address, however it is spelled: %s', async (_what, spell) => {
    const email = `u${randomUUID()}@xn--bcher-kva.example`;
    const made = await auth.post('/auth/users', { email: spell(email), password: THEIRS }, admin);
    expect(made.statusCode, made.body).toBe(201);
    const token = await mailed(email, () => register(email, A));
    expect((await verify(token)).statusCode).toBe(200);
    expect((await auth.get(`/auth/users?q=${encodeURIComponent(email)}`, admin)).json().items).toHaveLength(1);
    expect(refusal(await login(email, THEIRS))).toEqual(wrong);
    expect((await login(spell(email), MINE)).statusCode).toBe(200);
  });

  it('hold no user name: the first who proves an address has it, and the link of the other stays good', async () => {
    const username = `n${randomUUID().slice(0, 8)}`;
    const [one, two] = [newEmail(), newEmail()];
    const [mine, other] = [
      await mailed(one, () => register(one, A, { username })),
      await mailed(two, () => register(two, A, { username })),
    ];
    expect((await verify(other, { password: MINE, username })).statusCode).toBe(200);
    const taken = await verify(mine, { password: MINE, username: username.toUpperCase() });
    expect(refusal(taken)).toEqual({ status: 409, code: 'username_taken' });
    expect((await verify(mine, { password: MINE, username: `${username}x` })).statusCode).toBe(200);
    expect((await auth.post('/auth/login', { username, password: MINE })).statusCode).toBe(200);
  });
});

describe('between the request of a link and its use', () => {
  it.each<[string, () => Promise<unknown>, () => Promise<unknown>, object]>([
    [
      'the site is closed',
      () => policy(B, 'closed'),
      () => policy(B, 'open'),
      { status: 403, code: 'registration_closed' },
    ],
    [
      'a day goes by',
      async () => auth.clock.advance(86_400_000),
      async () => auth.clock.advance(-86_400_000),
      { status: 400, code: 'link_expired' },
    ],
  ])('%s', async (_what, happens, restore, expected) => {
    const email = newEmail();
    const token = await mailed(email, () => register(email, B));
    await happens();
    try {
      expect(refusal(await verify(token))).toEqual(expected);
      expect(refusal(await auth.post('/auth/verify/details', { token }))).toEqual(expected);
    } finally {
      await restore();
    }
    expect(refusal(await login(email, MINE))).toEqual(wrong);
  });

  it('the user is disabled: no link of any kind brings the account back', async () => {
    const email = newEmail();
    const { id } = (await auth.post('/auth/users', { email, password: THEIRS }, admin)).json();
    await auth.send('PUT', `/auth/sites/${A}/members/${id}`, admin, { roles: ['member'] });
    const { access_token } = (await login(email, THEIRS)).json();
    const links = {
      verify: await mailed(email, () => register(email, B)),
      invitation: await mailed(email, () =>
        auth.post(`/auth/sites/${B}/invitations`, { email, roles: ['member'] }, admin),
      ),
      reset: await mailed(email, () => auth.post('/auth/forgot', { email })),
    };
    const own = await mailed(email, () => auth.post('/auth/me/verification', undefined, access_token));
    await auth.send('PATCH', `/auth/users/${id}`, admin, { disabled: true });
    for (const [path, token] of [...Object.entries(links), ['verify', own] as const]) {
      expect(refusal(await auth.post(`/auth/${path}/details`, { token })), path).toEqual(dead);
      expect(refusal(await auth.post(`/auth/${path}`, { token, password: MINE })), path).toEqual(dead);
    }
  });
});

describe('a link to another address', () => {
  const ask = async (user: TestMember, to: string) => {
    const { access_token } = (await login(user.email, user.password)).json();
    const body = { email: to, password: user.password };
    return { access_token, token: await mailed(to, () => auth.post('/auth/me/email', body, access_token)) };
  };
  const confirm = (token: string, accessToken?: string, more: object = {}) =>
    auth.post('/auth/email-change', { token, ...more }, accessToken);

  it('attaches nobody’s address to the account of somebody else', async () => {
    const [mallory, victim] = [await auth.provedMember({ site: A }), await auth.provedMember({ site: A })];
    const { token } = await ask(mallory, newEmail());
    expect(refusal(await confirm(token))).toEqual({ status: 401, code: 'token_missing' });
    const { access_token } = (await login(victim.email, victim.password)).json();
    const foreign = { status: 403, code: 'link_of_another_account' };
    expect(refusal(await confirm(token, access_token))).toEqual(foreign);
    const details = await auth.post('/auth/email-change/details', { token }, access_token);
    expect(refusal(details)).toEqual(foreign);
    expect((await auth.get('/auth/me', access_token)).json().email).toBe(victim.email);
    expect((await login(mallory.email, mallory.password)).statusCode).toBe(200);
  });

  it('is a proof too: an account that nobody has proved keeps nothing of before', async () => {
    const user = await auth.member({ site: A });
    const email = newEmail();
    const { access_token, token } = await ask(user, email);
    expect(refusal(await confirm(token, access_token))).toEqual({ status: 400, code: 'password_required' });
    expect((await confirm(token, access_token, { password: MINE })).json()).toEqual({ email });
    await auth.revoked(access_token);
    for (const [name, password] of [
      [user.email, user.password],
      [user.email, MINE],
      [email, user.password],
    ] as const) {
      expect(refusal(await login(name, password))).toEqual(wrong);
    }
    expect((await login(email, MINE)).statusCode).toBe(200);
  });

  it('does nothing where the address has got an account meanwhile', async () => {
    const user = await auth.provedMember({ site: A });
    const email = newEmail();
    const { access_token, token } = await ask(user, email);
    const registration = await mailed(email, () => register(email, A));
    expect((await verify(registration)).statusCode).toBe(200);
    expect(refusal(await confirm(token, access_token))).toEqual({ status: 409, code: 'email_taken' });
    expect((await login(email, MINE)).statusCode).toBe(200);
  });
});

describe('a user whom an administrator makes without a password', () => {
  it('chooses it with the link that is mailed, and cannot log in before', async () => {
    const email = newEmail();
    const token = await mailed(email, () => auth.post('/auth/users', { email, name: 'Cleo' }, admin));
    expect((await mailTo(auth, email, /Confirm/)).link?.pathname).toBe('/verify');
    expect(refusal(await login(email, MINE))).toEqual(wrong);
    const details = (await auth.post('/auth/verify/details', { token })).json();
    expect(details).toEqual({ email, site: null, site_name: null, has_account: false, name: 'Cleo', username: null });
    expect((await verify(token, { password: MINE, name: details.name })).json()).toEqual({ email, site: null });
    expect(refusal(await login(email, MINE, A))).toEqual({ status: 403, code: 'not_a_member' });
  });
});
