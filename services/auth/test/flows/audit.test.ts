import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ADMIN,
  type AuthUnderTest,
  claimsOf,
  refusal,
  startAuth,
  type TestMember,
} from '../support/auth-under-test.ts';

const A = 'site-a.localhost';
let auth: AuthUnderTest;
let admin: string;
let owner: TestMember;
let ownerToken: string;

beforeAll(async () => {
  auth = await startAuth({ env: { RATE_LIMIT: 'off' } });
  owner = await auth.member({ site: A, roles: ['owner'] });
  await auth.member({ site: 'site-b.localhost' });
  admin = (await auth.login()).access_token;
  ownerToken = (await auth.login({ email: owner.email, password: owner.password })).access_token;
});
afterAll(() => auth[Symbol.asyncDispose]());

const items = async (query: string, token = admin) => (await auth.get(`/auth/audit?${query}`, token)).json().items;

describe('GET /auth/audit', () => {
  it('tells who did what, from where, with which outcome', async () => {
    const answer = await auth.app.inject({
      method: 'POST',
      url: '/auth/login',
      payload: { email: owner.email, password: 'wrong password' },
      remoteAddress: '192.0.2.9',
    });
    expect(answer.statusCode).toBe(401);
    const [refused] = await items('action=session.open&outcome=refused');
    expect(refused).toMatchObject({
      action: 'session.open',
      outcome: 'refused',
      actor: null,
      target: owner.id,
      address: '192.0.2.9',
      request_id: answer.headers['x-request-id'],
    });
    const [opened] = await items(`action=session.open&outcome=ok&actor=${owner.id}`);
    expect(opened).toMatchObject({ site: A, target: owner.id, session: claimsOf(ownerToken).sid });
  });

  it.each([
    ['user.create', 'target'],
    ['member.set', 'target'],
    ['site.create', 'target'],
  ])('holds %s', async (action) => {
    const [found] = await items(`action=${action}`);
    expect(found).toMatchObject({ action, outcome: 'ok', actor: claimsOf(admin).sub, target: expect.any(String) });
  });

  it('holds logouts and refresh tokens used twice', async () => {
    const first = await auth.login({ email: owner.email, password: owner.password });
    await auth.post('/auth/refresh', { refresh_token: first.refresh_token });
    auth.clock.advance(31_000);
    await auth.post('/auth/refresh', { refresh_token: first.refresh_token });
    const { sid } = claimsOf(first.access_token);
    const [reuse] = await items('action=session.reuse');
    expect(reuse).toMatchObject({ outcome: 'refused', target: owner.id, session: sid, site: A });
    const second = await auth.login({ email: owner.email, password: owner.password });
    await auth.post('/auth/logout', { refresh_token: second.refresh_token });
    const [end] = await items('action=session.end');
    expect(end).toMatchObject({ actor: owner.id, session: claimsOf(second.access_token).sid });
  });

  it('has never a password or a token in it', async () => {
    const text = JSON.stringify(await items('limit=100'));
    for (const secret of [owner.password, ADMIN.password, 'wrong password', ownerToken, admin]) {
      expect(text).not.toContain(secret);
    }
  });

  it('shows a site’s administrators their site, page by page', async () => {
    const seen: { seq: number; site: string }[] = [];
    let cursor = '';
    do {
      const page = (await auth.get(`/auth/audit?limit=2${cursor}`, ownerToken)).json();
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.items);
      cursor = page.next_cursor === null ? '' : `&cursor=${page.next_cursor}`;
    } while (cursor !== '');
    expect(new Set(seen.map(({ site }) => site))).toEqual(new Set([A]));
    const seqs = seen.map(({ seq }) => seq);
    expect(seqs).toEqual([...new Set(seqs)].sort((one, other) => other - one));
    const whole = (await auth.get('/auth/audit?limit=100', ownerToken)).json();
    expect(whole.next_cursor).toBeNull();
    expect(seqs).toEqual(whole.items.map(({ seq }: { seq: number }) => seq));
  });

  it('finds by time', async () => {
    const at = new Date(auth.clock.now() + 5_000).toISOString();
    auth.clock.advance(10_000);
    await auth.login({ email: owner.email, password: owner.password });
    expect(await items(`from=${at}&action=session.open`)).toHaveLength(1);
    expect((await items(`to=${at}&limit=100`)).every((item: { at: string }) => item.at < at)).toBe(true);
  });

  it.each<[string, string, string, number, string]>([
    ['owner', 'another site', 'site=site-b.localhost', 403, 'forbidden'],
    ['member', 'no permission', '', 403, 'insufficient_scope'],
    ['administrator', 'an odd cursor', 'cursor=x', 400, 'invalid_cursor'],
    ['administrator', 'an odd time', 'from=yesterday', 400, 'validation_failed'],
    ['administrator', 'an odd outcome', 'outcome=maybe', 400, 'validation_failed'],
    ['administrator', 'an unknown filter', 'x=1', 400, 'validation_failed'],
  ])('refuses the %s with %s', async (who, _what, query, status, code) => {
    const member = await auth.member({ site: A });
    const token = {
      owner: ownerToken,
      administrator: admin,
      member: (await auth.login({ email: member.email, password: member.password })).access_token,
    }[who];
    expect(refusal(await auth.get(`/auth/audit?${query}`, token))).toEqual({ status, code });
  });

  it('proves itself to administrators of the installation only', async () => {
    const verdict = (await auth.post('/auth/audit/verify', {}, admin)).json();
    expect(verdict).toMatchObject({ intact: true, fault: null, next: null, head: { hash: expect.any(String) } });
    const noted = { seq: verdict.head.seq, hash: 'f'.repeat(64) };
    expect((await auth.post('/auth/audit/verify', { noted }, admin)).json().fault.reason).toBe('not_as_noted');
    expect(refusal(await auth.post('/auth/audit/verify', {}, ownerToken)).code).toBe('insufficient_scope');
  });
});
