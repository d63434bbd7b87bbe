import { describe, expect, it, vi } from 'vitest';
import { COOKIE, type SignedIn, signIn, unsafe } from '../support/browser.ts';
import { claimsOf } from '../support/fake-auth.ts';
import { openGateway, type TestGateway } from '../support/gateway.ts';
import type { Answer } from '../support/servers.ts';
import { openSites } from '../support/sites.ts';
import { stateBackends } from '../support/states.ts';

const signedIn = async (gateway: TestGateway, cookie: string) =>
  (await gateway.send('/session', { headers: { cookie } })).json().authenticated;

/** The session as the answer has left it in the browser. */
function after({ headers }: Answer): { cookie: string; csrf: string } {
  const [line = ''] = headers['set-cookie'] ?? [];
  const cookie = new RegExp(`^${COOKIE}=[\\w-]{43}(?=;)`).exec(line)?.[0] ?? '';
  return { cookie, csrf: String(headers['x-csrf-token']) };
}

describe('a change of privilege through a service', () => {
  it.each([
    ['POST', '/auth/me/password'],
    ['POST', '/auth/email-change'],
    ['DELETE', '/auth/sessions?keep=current'],
    ['DELETE', '/auth/sessions/other'],
  ])('%s %s gives the session another id and another CSRF token; the old ones are dead', async (method, path) => {
    const gateway = await openGateway();
    const session = await signIn(gateway, { body: { remember: true } });
    const answer = await gateway.send(path, { ...unsafe(session), method });
    expect(answer.status).toBeLessThan(300);
    expect(gateway.auth.calls.at(-1)?.headers.authorization).toMatch(/^Bearer /);
    const changed = after(answer);
    expect(changed.cookie).not.toBe('');
    expect(changed.cookie).not.toBe(session.cookie);
    expect(String(answer.headers['set-cookie'])).toMatch(/^gaia-8080=[^;]+; Path=\/; Expires=/);
    expect(await signedIn(gateway, session.cookie)).toBe(false);
  });

  it('leaves a session that can be used on', async () => {
    const gateway = await openGateway();
    const session = await signIn(gateway);
    const changed = after(await gateway.send('/auth/me/password', unsafe(session)));
    expect(await signedIn(gateway, changed.cookie)).toBe(true);
    expect((await gateway.send('/cms/x', unsafe({ ...session, ...changed }))).status).toBe(200);
    const mixed = await gateway.send('/cms/x', unsafe({ ...session, cookie: changed.cookie }));
    expect(mixed.json()).toMatchObject({ status: 403, code: 'csrf_token_invalid' });
    expect(
      claimsOf(gateway.auth.calls.findLast((call) => call.headers.authorization)?.headers.authorization ?? ''),
    ).toHaveProperty('sid', [...gateway.auth.families.keys()][0]);
  });

  it.each<[string, (session: SignedIn) => Record<string, string>]>([
    ['without CSRF token', ({ cookie }) => ({ cookie })],
    ['from another site', ({ cookie, csrf }) => ({ cookie, 'x-csrf-token': csrf, origin: 'http://evil.example' })],
  ])('%s neither happens nor changes the id', async (_name, headers) => {
    const gateway = await openGateway();
    const session = await signIn(gateway);
    const answer = await gateway.send('/auth/me/password', { method: 'POST', headers: headers(session), body: '{}' });
    expect(answer.status).toBe(403);
    expect(after(answer).cookie).toBe('');
    expect(await signedIn(gateway, session.cookie)).toBe(true);
  });

  it('is not looked at with a bearer token, nor for what only reads', async () => {
    const gateway = await openGateway();
    const session = await signIn(gateway);
    const headers = { ...(unsafe(session).headers as Record<string, string>), authorization: 'Bearer mine' };
    expect(after(await gateway.send('/auth/me/password', { method: 'POST', headers, body: '{}' })).cookie).toBe('');
    const list = await gateway.send('/auth/sessions', { headers: { cookie: session.cookie } });
    expect(after(list).cookie).toBe('');
    expect(await signedIn(gateway, session.cookie)).toBe(true);
  });

  it('that fails at the service leaves the browser with the new id', async () => {
    const gateway = await openGateway();
    const session = await signIn(gateway);
    gateway.auth.down = true;
    const answer = await gateway.send('/auth/me/password', unsafe(session));
    gateway.auth.down = false;
    expect(await signedIn(gateway, after(answer).cookie)).toBe(true);
  });
});

describe('the id of before', () => {
  it.each(stateBackends())('is dead at every replica, on $name', async ({ open, skip }) => {
    if (skip) return;
    const [one, other] = open(2);
    if (!one || !other) throw new Error('two replicas');
    const first = await openGateway({ state: one });
    const second = await openGateway({ state: other, auth: first.auth });
    const session = await signIn(first);
    // Now the other replica has it in memory.
    expect(await signedIn(second, session.cookie)).toBe(true);
    const changed = after(await first.send('/auth/me/password', unsafe(session)));
    await vi.waitFor(async () => expect(await signedIn(second, session.cookie)).toBe(false), { timeout: 5_000 });
    expect(await signedIn(first, session.cookie)).toBe(false);
    expect(await signedIn(second, changed.cookie)).toBe(true);
  });

  it('is not brought back by a token refresh that was under way', async () => {
    const gateway = await openGateway();
    gateway.auth.expiresIn = 0;
    const session = await signIn(gateway);
    const [answer] = await Promise.all([
      gateway.send('/auth/me/password', unsafe(session)),
      gateway.send('/cms/x', { headers: { cookie: session.cookie } }),
      gateway.send('/cms/x', { headers: { cookie: session.cookie } }),
    ]);
    gateway.auth.expiresIn = 900;
    expect(await signedIn(gateway, after(answer).cookie)).toBe(true);
    expect(await signedIn(gateway, session.cookie)).toBe(false);
  });
});

describe('POST /session/site', () => {
  const ask = (gateway: TestGateway, session: SignedIn, site: string, headers: Record<string, string> = {}) =>
    gateway.send('/session/site', { ...unsafe(session, headers), body: JSON.stringify({ site }) });

  it('goes on at another site with another id, and shows no token', async () => {
    const gateway = await openGateway();
    const session = await signIn(gateway);
    const answer = await ask(gateway, session, 'site-b.localhost');
    expect(answer.json()).toMatchObject({ authenticated: true, site: 'site-b.localhost' });
    expect(answer.text).not.toContain('eyJ');
    const { csrf_token: csrf } = answer.json<{ csrf_token: string }>();
    expect(csrf).not.toBe(session.csrf);
    const { cookie } = after(answer);
    expect(await signedIn(gateway, session.cookie)).toBe(false);
    const seen = await gateway.seen('/cms/x', { headers: { cookie } });
    expect(claimsOf(seen.headers.authorization ?? '')).toMatchObject({ site: 'site-b.localhost' });
  });

  it.each<[string, string, Record<string, string>, number, string]>([
    ['a site that is not the user’s', 'foreign.localhost', {}, 403, 'not_a_member'],
    ['no name of a site', '../x', {}, 400, 'validation_failed'],
    ['another site', 'b', { origin: 'http://evil.example' }, 403, 'cross_site_refused'],
    ['no CSRF token', 'b', { 'x-csrf-token': '' }, 403, 'csrf_token_missing'],
    ['a wrong CSRF token', 'b', { 'x-csrf-token': 'A'.repeat(43) }, 403, 'csrf_token_invalid'],
    ['no session', 'b', { cookie: 'a=b' }, 401, 'token_missing'],
  ])('refuses %s, and the session stays as it is', async (_name, site, headers, status, code) => {
    const gateway = await openGateway();
    const session = await signIn(gateway);
    expect((await ask(gateway, session, site, headers)).json()).toMatchObject({ status, code });
    expect(await signedIn(gateway, session.cookie)).toBe(true);
  });

  it('leaves the sessions at a site’s own address to that site', async () => {
    const gateway = await openGateway();
    const host = 'site-a.localhost';
    gateway.auth.hosts.set(host, host);
    const session = await signIn(gateway, { headers: { host } });
    expect((await ask(gateway, session, 'site-b.localhost', { host })).json()).toMatchObject({ code: 'site_of_host' });
    expect((await ask(gateway, session, host, { host })).status).toBe(200);
  });

  it('is the only way: what answers with tokens takes none from the session', async () => {
    const gateway = await openGateway();
    const session = await signIn(gateway);
    for (const path of ['/auth/switch', '/auth/sso/hand-over', '/auth/sso/exchange', '/auth/sso/logout']) {
      await gateway.send(path, unsafe(session));
      const call = gateway.auth.calls.at(-1);
      expect(call?.path).toBe(path);
      expect(call?.headers).not.toHaveProperty('authorization');
    }
  });
});

it('ending another login on the account page changes the id', async () => {
  const sites = await openSites();
  const visitor = await sites.signedInAtA();
  await sites.signedInAtA();
  const jar = visitor.cookies.get('site-a.localhost');
  const before = jar?.get(sites.cookie);
  const answer = await visitor.fill(`${sites.a}/account`, {});
  expect([answer.status, answer.headers.location]).toEqual([303, '/account']);
  expect(jar?.get(sites.cookie)).not.toBe(before);
  expect((await visitor.get(`${sites.a}/session`)).json()).toMatchObject({ authenticated: true });
  jar?.set(sites.cookie, before ?? '');
  expect((await visitor.get(`${sites.a}/session`)).json()).toEqual({ authenticated: false });
});

it('a change that the gateway itself refuses still tells the browser of the new id', async () => {
  const gateway = await openGateway({ env: { TRUSTED_PROXIES: 'loopback', RATE_LIMIT_WRITES_PER_MINUTE: '1' } });
  const session = await signIn(gateway);
  const from = (address: string) => unsafe(session, { 'x-forwarded-for': address });
  expect((await gateway.send('/cms/x', from('192.0.2.1'))).status).toBe(200);
  const refused = await gateway.send('/auth/sessions/other', { ...from('192.0.2.2'), method: 'DELETE' });
  expect(refused.json()).toMatchObject({ status: 429, code: 'rate_limited' });
  expect(await signedIn(gateway, session.cookie)).toBe(false);
  expect(await signedIn(gateway, after(refused).cookie)).toBe(true);
});
