import type { Family } from '@gaia/state/state';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuthUnderTest, backends, claimsOf, refusal, startAuth, type Tokens } from '../support/auth-under-test.ts';

const A = 'site-a.localhost';
const B = 'site-b.localhost';

describe.each(backends)('sessions with state in %s', (backend) => {
  let auth: AuthUnderTest;
  beforeAll(async () => {
    auth = await startAuth({ backend, env: { RATE_LIMIT: 'off' } });
  });
  afterAll(() => auth[Symbol.asyncDispose]());

  async function person() {
    const user = await auth.member({ site: A, roles: ['author'] });
    return { user, login: () => auth.login({ email: user.email, password: user.password }) };
  }
  const list = async (tokens: Tokens) => (await auth.get('/auth/sessions', tokens.access_token)).json().items;
  const end = (path: string, tokens: Tokens) => auth.send('DELETE', `/auth/sessions${path}`, tokens.access_token);
  const refresh = (tokens: Tokens) => auth.post('/auth/refresh', { refresh_token: tokens.refresh_token });

  it('are listed with device, address and last use', async () => {
    const { user, login } = await person();
    const first = await login();
    auth.clock.advance(60_000);
    const answer = await auth.app.inject({
      method: 'POST',
      url: '/auth/login',
      headers: { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0' },
      payload: { email: user.email, password: user.password },
      remoteAddress: '192.0.2.7',
    });
    const second = answer.json() as Tokens;
    const sessions = await list(second);
    expect(sessions).toHaveLength(2);
    expect(sessions[0]).toMatchObject({
      id: claimsOf(second.access_token).sid,
      device: 'Firefox on Linux',
      address: '192.0.2.7',
      site: A,
      amr: ['pwd'],
      current: true,
    });
    expect(sessions[1]).toMatchObject({ id: claimsOf(first.access_token).sid, current: false });
    auth.clock.advance(60_000);
    await refresh(first);
    const used = (await list(second))[1];
    expect(Date.parse(used.last_used_at) - Date.parse(used.created_at)).toBe(120_000);
  });

  it('end one by one, all others, and all', async () => {
    const { login } = await person();
    const [one, two, three, four] = [await login(), await login(), await login(), await login()];
    expect((await end(`/${claimsOf(one.access_token).sid}`, two)).statusCode).toBe(204);
    await auth.revoked(one.access_token);
    expect((await refresh(one)).json().cause).toBe('session_ended');

    expect((await end('?keep=current', two)).statusCode).toBe(204);
    for (const tokens of [three, four]) await auth.revoked(tokens.access_token);
    expect(await list(two)).toHaveLength(1);

    const five = await login();
    expect((await end('', two)).statusCode).toBe(204);
    for (const tokens of [two, five]) {
      await auth.revoked(tokens.access_token);
      expect((await refresh(tokens)).json().cause).toBe('session_ended');
    }
    expect(await list(await login())).toHaveLength(1);
  });

  it('of a script make way for its own, ended and audited, and the phone of the user stays signed in', async () => {
    const { user } = await person();
    const loginWith = async (agent: string) => {
      const payload = { email: user.email, password: user.password };
      const headers = { 'user-agent': agent };
      return (await auth.app.inject({ method: 'POST', url: '/auth/login', headers, payload })).json() as Tokens;
    };
    const phone = await loginWith('phone/1');
    const first = await loginWith('script/1');
    const sid = String(claimsOf(first.access_token).sid);
    auth.clock.advance(1_000);
    const now = auth.clock.now();
    const made = await auth.state.families.get(sid, now);
    for (let index = 0; index < 998; index += 1) {
      await auth.state.families.create(
        { ...(made as Family), sid: `${sid}-${index}`, rotatedAt: now },
        86_400_000,
        now,
      );
    }
    const last = await loginWith('script/1');
    expect(await list(last)).toHaveLength(900);
    await auth.revoked(first.access_token);
    expect((await refresh(first)).json().cause).toBe('session_ended');
    expect((await refresh(phone)).statusCode).toBe(200);
    expect((await refresh(last)).statusCode).toBe(200);
    const admin = (await auth.login()).access_token;
    const { items } = (await auth.get(`/auth/audit?action=session.end&target=${user.id}&limit=100`, admin)).json();
    expect(items).toHaveLength(100);
    expect(items[0]).toMatchObject({ site: A, details: { reason: 'too_many_sessions' } });
  });

  it('of others are nobody’s business', async () => {
    const mine = await (await person()).login();
    const theirs = await (await person()).login();
    for (const id of [claimsOf(theirs.access_token).sid, 'unknown']) {
      expect(refusal(await end(`/${id}`, mine))).toEqual({ status: 404, code: 'session_not_found' });
    }
    expect(refusal(await auth.send('DELETE', '/auth/sessions?keep=all', mine.access_token)).status).toBe(400);
    expect((await auth.get('/auth/me', theirs.access_token)).statusCode).toBe(200);
    const url = `/auth/users/${claimsOf(theirs.access_token).sub}/sessions`;
    expect(refusal(await auth.send('DELETE', url, mine.access_token)).code).toBe('insufficient_scope');
    expect((await auth.send('DELETE', url, (await auth.login()).access_token)).statusCode).toBe(204);
    await auth.revoked(theirs.access_token);
  });

  it('move to another site of the same login', async () => {
    const { user, login } = await person();
    await auth.member({ site: B });
    const admin = (await auth.login()).access_token;
    await auth.send('PUT', `/auth/sites/${B}/members/${user.id}`, admin, { roles: ['editor'] });
    const tokens = await login();
    const moved = await auth.post('/auth/switch', { site: B }, tokens.access_token);
    expect(moved.statusCode, moved.body).toBe(200);
    expect(moved.json()).not.toHaveProperty('refresh_token');
    expect(claimsOf(moved.json().access_token)).toMatchObject({
      site: B,
      roles: ['editor'],
      sid: claimsOf(tokens.access_token).sid,
      auth_time: claimsOf(tokens.access_token).auth_time,
    });
    const refreshed = (await refresh(tokens)).json();
    expect(claimsOf(refreshed.access_token).site).toBe(B);

    const back = await auth.post(
      '/auth/switch',
      { site: A, refresh_token: refreshed.refresh_token },
      refreshed.access_token,
    );
    expect(claimsOf(back.json().access_token).site).toBe(A);
    expect((await refresh(back.json())).statusCode).toBe(200);
  });

  it('follow when the user is taken off the site that their refresh token was made for', async () => {
    const { user, login } = await person();
    await auth.member({ site: B });
    const admin = (await auth.login()).access_token;
    await auth.send('PUT', `/auth/sites/${B}/members/${user.id}`, admin, { roles: ['member'] });
    const tokens = await login();
    await auth.post('/auth/switch', { site: B }, tokens.access_token);
    await auth.send('DELETE', `/auth/sites/${A}/members/${user.id}`, admin);
    const refreshed = await refresh(tokens);
    expect(refreshed.statusCode, refreshed.body).toBe(200);
    expect(claimsOf(refreshed.json().access_token).site).toBe(B);
  });

  it.each<[string, (mine: Tokens, theirs: Tokens) => object, number, string]>([
    ['a site of others', () => ({ site: B }), 403, 'not_a_member'],
    ['no such site', () => ({ site: 'none.localhost' }), 403, 'not_a_member'],
    [
      'a refresh token of another login',
      (_, theirs) => ({ site: A, refresh_token: theirs.refresh_token }),
      401,
      'token_invalid',
    ],
    ['no refresh token', () => ({ site: A, refresh_token: 'x' }), 401, 'token_malformed'],
    ['an access token in its place', (mine) => ({ site: A, refresh_token: mine.access_token }), 401, 'token_invalid'],
    ['roles', () => ({ site: A, roles: ['owner'] }), 400, 'validation_failed'],
    ['nothing', () => ({}), 400, 'validation_failed'],
  ])('do not move with %s', async (_what, body, status, code) => {
    const mine = await (await person()).login();
    const theirs = await (await person()).login();
    expect(refusal(await auth.post('/auth/switch', body(mine, theirs), mine.access_token))).toEqual({ status, code });
    expect((await refresh(mine)).statusCode).toBe(200);
  });

  it('live a little shorter with each refresh, and say so', async () => {
    const { login } = await person();
    let tokens = await login();
    expect(tokens.expires_in).toBe(900);
    const lives = new Set<number>();
    for (let round = 0; round < 12; round += 1) {
      tokens = (await refresh(tokens)).json();
      const { exp, iat } = claimsOf(tokens.access_token);
      expect(Number(exp) - Number(iat)).toBe(tokens.expires_in);
      expect(tokens.expires_in).toBeGreaterThanOrEqual(855);
      expect(tokens.expires_in).toBeLessThanOrEqual(900);
      lives.add(tokens.expires_in);
    }
    expect(lives.size).toBeGreaterThan(1);
  });
});
