import { describe, expect, it } from 'vitest';
import { ADMIN, type AuthUnderTest, backends, startAuth } from '../support/auth-under-test.ts';
import { mailsTo, mailTo } from '../support/mailbox.ts';

const OWNER = '203.0.113.9';
/** `GUESSES=1000` for the long version. */
const guesses = Number(process.env.GUESSES ?? 300);

function guess(auth: AuthUnderTest, body: object, address: string) {
  return auth.app.inject({
    method: 'POST',
    url: '/auth/login',
    headers: { 'x-forwarded-for': address },
    payload: { password: 'a wrong guess', ...body },
  });
}

/** Why logins were refused, by the audit log. */
async function auditedReasons(auth: AuthUnderTest, accessToken: string): Promise<readonly string[]> {
  const url = '/auth/audit?action=session.open&outcome=refused&limit=100';
  const reasons = new Set<string>();
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: string = cursor === '' ? url : `${url}&cursor=${cursor}`;
    const { items, next_cursor } = (await auth.get(page, accessToken)).json();
    for (const item of items) reasons.add(item.details.reason);
    cursor = next_cursor;
  }
  return [...reasons].sort();
}

describe.each(backends)('guessing with state in %s', (backend) => {
  it('at one account costs growing delays, and its owner gets in from elsewhere', async () => {
    await using auth = await startAuth({ backend });
    const statuses = [];
    for (let attempt = 0; attempt < 8; attempt += 1) {
      // Another spelling is no other account.
      const email = attempt % 2 === 0 ? ADMIN.email : ADMIN.email.toUpperCase();
      statuses.push((await guess(auth, { email }, '198.51.100.7')).statusCode);
    }
    expect(statuses).toEqual([...Array(6).fill(401), 429, 429]);
    const delays = [];
    for (let round = 0; round < 4; round += 1) {
      const refused = await guess(auth, ADMIN, '198.51.100.7');
      expect(refused.json().code).toBe('rate_limited');
      delays.push(Number(refused.headers['retry-after']));
      auth.clock.advance(Number(refused.headers['retry-after']) * 1_000);
      expect((await guess(auth, { email: ADMIN.email }, '198.51.100.7')).statusCode).toBe(401);
    }
    expect(delays).toEqual([2, 4, 8, 16]);
    expect((await guess(auth, ADMIN, OWNER)).statusCode).toBe(200);
    auth.clock.advance(900_000);
    expect((await guess(auth, ADMIN, '198.51.100.7')).statusCode).toBe(200);
    expect((await guess(auth, { email: ADMIN.email }, '198.51.100.7')).statusCode).toBe(401);
  });

  it('at one account is counted as that however the account is named, and wherever the password is asked for', async () => {
    await using auth = await startAuth({ backend, env: { GAIA_ADMIN_EMAIL: 'root@bücher.test' } });
    const right = { email: 'root@bücher.test', password: ADMIN.password };
    const { access_token } = await auth.login(right);
    await auth.send('PATCH', '/auth/me', access_token, { username: 'räuber' });
    const names = [
      { email: 'ROOT@BÜCHER.TEST' },
      { email: 'root@xn--bcher-kva.test' },
      { email: ' root@bu\u0308cher.test ' },
      { username: 'RÄUBER' },
      { username: 'ra\u0308uber' },
      { username: 'ｒäuber' },
    ];
    for (const name of names) expect((await guess(auth, name, '198.51.100.7')).statusCode).toBe(401);
    for (const name of [...names, { email: right.email }]) {
      expect((await guess(auth, { ...name, password: right.password }, '198.51.100.7')).statusCode).toBe(429);
    }
    const change = await auth.app.inject({
      method: 'POST',
      url: '/auth/me/password',
      headers: { authorization: `Bearer ${access_token}`, 'x-forwarded-for': '::ffff:c633:6407' },
      payload: { current_password: right.password, password: 'four quiet purple lanterns' },
    });
    expect([change.statusCode, change.json().code]).toEqual([429, 'rate_limited']);
    expect((await guess(auth, right, OWNER)).statusCode).toBe(200);
  });

  it('at many accounts is slowed down by address', async () => {
    await using auth = await startAuth({ backend });
    let guessed = 0;
    const guessAnother = async () => {
      guessed += 1;
      return (await guess(auth, { email: `u${guessed}@gaia.test` }, '2001:db8:1:2::1')).statusCode;
    };
    const free = await Promise.all(Array.from({ length: 100 }, guessAnother));
    expect(new Set(free)).toEqual(new Set([401]));
    // Each further one is tried once its delay is over, and doubles the next: from one second to a minute.
    for (let further = 0; further < 7; further += 1) {
      auth.clock.advance(61_000);
      expect(await guessAnother()).toBe(401);
    }
    const tooSoon = await Promise.all(Array.from({ length: 9 }, guessAnother));
    expect(new Set(tooSoon)).toEqual(new Set([429]));
    // The customer's whole network counts as one.
    expect((await guess(auth, ADMIN, '2001:db8:1:2:ffff::9')).statusCode).toBe(429);
    expect((await guess(auth, ADMIN, '2001:db8:1:3::1')).statusCode).toBe(200);
  });
});

describe('a flood', () => {
  it(`of ${guesses} guesses at one account from twenty addresses gets few of them tried, and is audited`, {
    timeout: 120_000,
  }, async () => {
    await using auth = await startAuth();
    let tried = 0;
    for (let attempt = 0; attempt < guesses; attempt += 1) {
      const answer = await guess(auth, { email: ADMIN.email }, `198.51.100.${attempt % 20}`);
      if (answer.statusCode === 401) tried += 1;
      auth.clock.advance(3_600);
    }
    // Five free mistakes of the first pair shrink to one, and the delays double with every twenty mistakes of the account:
    // most of them at the beginning, and one of each address in a quarter of an hour at the end.
    expect(tried).toBeLessThan(110 + guesses / 10);
    expect(tried).toBeGreaterThan(20);
    const owner = await guess(auth, ADMIN, OWNER);
    expect(owner.statusCode, owner.body).toBe(200);
    expect(await auditedReasons(auth, owner.json().access_token)).toEqual(['invalid_credentials', 'rate_limited']);
  });

  it(`of one guess at each of ${guesses} accounts is slowed down, and their owners get in`, {
    timeout: 120_000,
  }, async () => {
    await using auth = await startAuth();
    const user = await auth.member({ site: 'site-a.localhost' });
    let tried = 0;
    for (let attempt = 0; attempt < guesses; attempt += 1) {
      const email = attempt === 150 ? user.email : `u${attempt}@gaia.test`;
      const answer = await guess(auth, { email }, '198.51.100.7');
      if (answer.statusCode === 401) tried += 1;
      auth.clock.advance(1_000);
    }
    expect(tried).toBeLessThan(130);
    expect((await guess(auth, { email: user.email, password: user.password }, OWNER)).statusCode).toBe(200);
    const administrator = (await guess(auth, ADMIN, OWNER)).json().access_token;
    expect(await auditedReasons(auth, administrator)).toEqual(['invalid_credentials', 'rate_limited']);
  });

  it('of parallel guesses gains nothing', async () => {
    await using auth = await startAuth();
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => guess(auth, { email: ADMIN.email }, '198.51.100.7')),
    );
    expect(answers.filter((answer) => answer.statusCode === 401)).toHaveLength(6);
  });
});

describe('requests for mails', () => {
  const forgot = (auth: AuthUnderTest, email: string, address: string) =>
    auth.app.inject({
      method: 'POST',
      url: '/auth/forgot',
      headers: { 'x-forwarded-for': address },
      payload: { email },
    });

  it('are bounded by address', async () => {
    await using auth = await startAuth();
    for (let index = 0; index < 30; index += 1) {
      expect((await forgot(auth, `u${index}@gaia.test`, '203.0.113.7')).statusCode).toBe(202);
    }
    const refused = await forgot(auth, 'one.more@gaia.test', '203.0.113.7');
    expect(refused.statusCode).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBe(3_600);
  });

  it('of others never keep the owner of a mailbox from getting a link', async () => {
    await using auth = await startAuth();
    // One address alone cannot use up the mailbox's share: three mails, and one more in ten minutes.
    for (let index = 0; index < 20; index += 1) {
      const answer = await forgot(auth, ADMIN.email, '198.51.100.7');
      expect([answer.statusCode, answer.body]).toEqual([202, '{}']);
    }
    await mailsTo(auth, ADMIN.email, 4);
    await forgot(auth, ADMIN.email, OWNER);
    await mailsTo(auth, ADMIN.email, 5);
    // Many addresses can; then one mail gets through in each ten minutes, however many ask.
    for (let turn = 0; turn < 3; turn += 1) {
      for (let index = 0; index < 8; index += 1) await forgot(auth, ADMIN.email, `192.0.2.${turn * 8 + index}`);
      auth.clock.advance(600_000);
    }
    // One more of the mailbox's own share, and two turns after that of the first address.
    expect(await mailsTo(auth, ADMIN.email, 8)).toHaveLength(8);
    await forgot(auth, ADMIN.email, OWNER);
    const all = await mailsTo(auth, ADMIN.email, 9);
    const password = 'four quiet purple lanterns';
    expect((await auth.post('/auth/reset', { token: all.at(-1)?.token, password })).statusCode).toBe(204);
  });

  it('of one site keep nobody from an invitation or a registration of another', async () => {
    await using auth = await startAuth();
    const sites = ['site-a.localhost', 'site-b.localhost'];
    const { access_token } = await auth.login();
    for (const site of sites) {
      await auth.post('/auth/sites', { id: site, name: site }, access_token);
      await auth.send('PATCH', `/auth/sites/${site}`, access_token, { registration: 'open' });
    }
    const [email, other] = ['boss@gaia.test', 'vera@gaia.test'];
    const invite = (site: string) =>
      auth.post(`/auth/sites/${site}/invitations`, { email, roles: ['member'] }, access_token);
    const statuses = [];
    for (let index = 0; index < 6; index += 1) statuses.push((await invite('site-a.localhost')).statusCode);
    // A manager is told that no mail goes out.
    expect(statuses).toEqual([201, 201, 201, 201, 429, 429]);
    expect((await invite('site-b.localhost')).statusCode).toBe(201);
    await mailTo(auth, email, /site-b/);

    const register = (site: string, address: string) =>
      auth.app.inject({
        method: 'POST',
        url: `/auth/sites/${site}/registrations`,
        headers: { 'x-forwarded-for': address },
        payload: { email: other },
      });
    for (let index = 0; index < 20; index += 1) await register('site-a.localhost', `198.51.100.${index}`);
    expect((await register('site-b.localhost', OWNER)).statusCode).toBe(202);
    await mailTo(auth, other, /site-b/);
  });
});

describe('the limit', () => {
  it('counts no login that succeeds', async () => {
    await using auth = await startAuth();
    for (let attempt = 0; attempt < 105; attempt += 1) {
      expect((await guess(auth, ADMIN, '198.51.100.7')).statusCode).toBe(200);
    }
  });

  it('can be switched off', async () => {
    await using auth = await startAuth({ env: { RATE_LIMIT: 'off' } });
    for (let attempt = 0; attempt < 12; attempt += 1) {
      expect((await guess(auth, { email: ADMIN.email }, '198.51.100.7')).statusCode).toBe(401);
    }
  });
});
