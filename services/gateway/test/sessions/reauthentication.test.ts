import { describe, expect, it } from 'vitest';
import { signIn, unsafe } from '../support/browser.ts';
import { createClock, openGateway, type TestGateway } from '../support/gateway.ts';
import type { Answer } from '../support/servers.ts';

const json = { 'content-type': 'application/json' };
const SECRETS = ['/auth/clients', '/auth/clients/x/secrets', '/cms/sites/a/webhooks', '/cms/sites/a/webhooks/w/rotate'];
const TOKENS = ['/auth/tokens', '/auth/reauthenticate', '/auth/switch', '/auth/sso/hand-over', '/oauth/token'];

async function prepared() {
  const clock = createClock();
  const gateway = await openGateway({ now: clock.now });
  return { clock, gateway, session: await signIn(gateway) };
}

const reauthenticate = (gateway: TestGateway, headers: Record<string, string>, current_password = 'right') =>
  gateway.send('/session/reauthenticate', {
    method: 'POST',
    headers: { ...json, ...headers },
    body: JSON.stringify({ current_password }),
  });

/** The session as the answer has left it in the browser. */
function after(answer: Answer) {
  const cookie = String(answer.headers['set-cookie']).split(';', 1)[0] ?? '';
  return { cookie, csrf: answer.json<{ csrf_token: string }>().csrf_token };
}

describe('a page', () => {
  it.each(SECRETS)('is given the secrets of %s only soon after its user has authenticated', async (path) => {
    const { clock, gateway, session } = await prepared();
    expect((await gateway.send(path, unsafe(session))).status).toBe(200);
    clock.advance(301_000);
    const asked = () => gateway.auth.count(path);
    const before = asked();
    const refused = await gateway.send(path, unsafe(session));
    expect(refused.json()).toMatchObject({ status: 401, code: 'insufficient_user_authentication', max_age: 300 });
    expect(refused.headers['www-authenticate']).toContain('max_age="300"');
    expect(asked()).toBe(before);
    expect((await gateway.send(path, { headers: { cookie: session.cookie } })).status).toBe(200);

    const again = await reauthenticate(gateway, { cookie: session.cookie, 'x-csrf-token': session.csrf });
    expect(again.status, again.text).toBe(200);
    const renewed = { ...session, ...after(again) };
    expect(renewed.cookie).not.toBe(session.cookie);
    expect((await gateway.send(path, unsafe(renewed))).status).toBe(200);
    const stale = await gateway.send('/session', { headers: { cookie: session.cookie } });
    expect(stale.json()).toEqual({ authenticated: false });
  });

  it.each(TOKENS)('is given no token by %s', async (path) => {
    const { gateway, session } = await prepared();
    await gateway.send(path, unsafe(session));
    expect(gateway.auth.calls.at(-1)).toMatchObject({ path });
    expect(gateway.auth.calls.at(-1)?.headers).not.toHaveProperty('authorization');
  });

  it('is told when its user has authenticated, and never a token', async () => {
    const { clock, gateway, session } = await prepared();
    const told = session.answer.json<{ authenticated_at: string }>().authenticated_at;
    expect(clock.now() - Date.parse(told)).toBeLessThan(1_000);
    clock.advance(60_000);
    const again = await reauthenticate(gateway, { cookie: session.cookie, 'x-csrf-token': session.csrf });
    const { authenticated_at } = again.json<{ authenticated_at: string }>();
    expect(clock.now() - Date.parse(authenticated_at)).toBeLessThan(1_000);
    expect(again.headers['cache-control']).toBe('no-store');
    expect(again.text).not.toContain('eyJ');
  });
});

describe('authenticating again', () => {
  it.each<[string, (session: { cookie: string; csrf: string }) => Record<string, string>, string]>([
    ['no session', () => ({}), 'token_missing'],
    ['no CSRF token', ({ cookie }) => ({ cookie }), 'csrf_token_missing'],
    ['another CSRF token', ({ cookie }) => ({ cookie, 'x-csrf-token': 'x'.repeat(43) }), 'csrf_token_invalid'],
    [
      'another site',
      ({ cookie, csrf }) => ({ cookie, 'x-csrf-token': csrf, origin: 'https://evil.example' }),
      'cross_site_refused',
    ],
  ])('is refused with %s, and auth is not asked', async (_what, headers, code) => {
    const { gateway, session } = await prepared();
    expect((await reauthenticate(gateway, headers(session))).json().code).toBe(code);
    expect(gateway.auth.count('/auth/reauthenticate')).toBe(0);
  });

  it('with a wrong password leaves the session as it is', async () => {
    const { gateway, session } = await prepared();
    const headers = { cookie: session.cookie, 'x-csrf-token': session.csrf };
    const refused = await reauthenticate(gateway, headers, 'wrong');
    expect(refused.json()).toMatchObject({ status: 403, code: 'wrong_password' });
    expect((await gateway.send('/cms/x', unsafe(session))).status).toBe(200);
  });
});
