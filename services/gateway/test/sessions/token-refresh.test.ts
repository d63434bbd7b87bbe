import { describe, expect, it } from 'vitest';
import { signIn, unsafe } from '../support/browser.ts';
import { claimsOf } from '../support/fake-auth.ts';
import { createClock, openGateway, type TestGateway } from '../support/gateway.ts';
import { answerJson, echo } from '../support/servers.ts';
import { stateBackends } from '../support/states.ts';

const tokenAt = async (gateway: TestGateway, cookie: string) =>
  (await gateway.seen('/cms/x', { headers: { cookie } })).headers.authorization ?? '';

describe.each(stateBackends())('token refresh on $name', ({ open, skip }) => {
  it.skipIf(skip)('happens once for many requests at several replicas', async () => {
    const [one, other] = open(2);
    if (!one || !other) throw new Error('two replicas');
    const first = await openGateway({ state: one });
    first.auth.expiresIn = 0;
    const second = await openGateway({ state: other, auth: first.auth });
    const session = await signIn(first);
    first.auth.expiresIn = 900;
    const tokens = await Promise.all(
      Array.from({ length: 20 }, (_, index) => tokenAt(index % 2 === 0 ? first : second, session.cookie)),
    );
    expect(new Set(tokens).size).toBe(1);
    expect(first.auth.count('/auth/refresh')).toBe(1);
  });
});

describe('token refresh', () => {
  it('refreshes ahead of expiry in the background', async () => {
    const clock = createClock();
    const gateway = await openGateway({ now: clock.now });
    const session = await signIn(gateway);
    const before = await tokenAt(gateway, session.cookie);
    clock.advance(850_000);
    expect(await tokenAt(gateway, session.cookie)).toBe(before);
    await expect.poll(() => tokenAt(gateway, session.cookie)).not.toBe(before);
    expect(gateway.auth.count('/auth/refresh')).toBe(1);
  });

  it('is not needed while the token is young', async () => {
    const clock = createClock();
    const gateway = await openGateway({ now: clock.now });
    const session = await signIn(gateway);
    clock.advance(800_000);
    await tokenAt(gateway, session.cookie);
    expect(gateway.auth.count('/auth/refresh')).toBe(0);
  });

  it('keeps the session and its CSRF token', async () => {
    const clock = createClock();
    const gateway = await openGateway({ now: clock.now });
    const session = await signIn(gateway);
    clock.advance(2_000_000);
    expect((await gateway.send('/cms/x', unsafe(session))).status).toBe(200);
    expect(gateway.auth.count('/auth/refresh')).toBe(1);
  });

  it('that auth refuses ends the session: cookie cleared, nobody signed in', async () => {
    const clock = createClock();
    const gateway = await openGateway({ now: clock.now });
    const session = await signIn(gateway);
    gateway.auth.families.clear();
    clock.advance(2_000_000);
    const answer = await gateway.send('/cms/x', { headers: { cookie: session.cookie } });
    expect(answer.json<{ headers: object }>().headers).not.toHaveProperty('authorization');
    expect(String(answer.headers['set-cookie'])).toMatch(/^gaia-8080=; Max-Age=0/);
    expect((await gateway.send('/session', { headers: { cookie: session.cookie } })).json()).toEqual({
      authenticated: false,
    });
  });

  it('with auth away is tried again: before the end nobody notices, after it 503 keeps the session', async () => {
    const clock = createClock();
    const gateway = await openGateway({ now: clock.now });
    const session = await signIn(gateway);
    gateway.auth.down = true;
    clock.advance(850_000);
    expect(await tokenAt(gateway, session.cookie)).toMatch(/^Bearer /);
    clock.advance(100_000);
    const answer = await gateway.send('/cms/x', { headers: { cookie: session.cookie } });
    expect(answer.json()).toMatchObject({ status: 503, code: 'upstream_unavailable', service: 'auth' });
    expect(answer.headers).not.toHaveProperty('set-cookie');
    gateway.auth.down = false;
    expect(await tokenAt(gateway, session.cookie)).toMatch(/^Bearer /);
  });
});

describe('a session whose family has ended', () => {
  it('ends as soon as the revocation feed says so', async () => {
    const gateway = await openGateway();
    const session = await signIn(gateway);
    const sid = claimsOf(await tokenAt(gateway, session.cookie))?.sid ?? '';
    await gateway.state.revocations.append({ kind: 'sid', id: sid }, Date.now() + 60_000, Date.now());
    const answer = await gateway.send('/cms/x', { headers: { cookie: session.cookie } });
    expect(answer.json<{ headers: object }>().headers).not.toHaveProperty('authorization');
    expect(String(answer.headers['set-cookie'])).toMatch(/^gaia-8080=; Max-Age=0/);
    expect(gateway.auth.count('/auth/refresh')).toBe(0);
  });

  it('gets other tokens where only the token was cut off', async () => {
    const gateway = await openGateway();
    const session = await signIn(gateway);
    const before = await tokenAt(gateway, session.cookie);
    const notBefore = Math.floor(Date.now() / 1_000) + 1;
    await gateway.state.revocations.append({ kind: 'sub', id: 'u1', notBefore }, Date.now() + 60_000, Date.now());
    expect(await tokenAt(gateway, session.cookie)).not.toBe(before);
  });

  it('is found out by the 401 of a service: session gone, cookie cleared, 401 passed on', async () => {
    const gateway = await openGateway({
      cms: (_incoming, outgoing) => answerJson(outgoing, 401, { code: 'token_revoked' }, invalidToken),
    });
    const session = await signIn(gateway);
    gateway.auth.families.clear();
    const answer = await gateway.send('/cms/x', { headers: { cookie: session.cookie } });
    expect(answer).toMatchObject({ status: 401 });
    expect(answer.json()).toEqual({ code: 'token_revoked' });
    expect(String(answer.headers['set-cookie'])).toMatch(/^gaia-8080=; Max-Age=0/);
    expect((await gateway.send('/session', { headers: { cookie: session.cookie } })).json()).toEqual({
      authenticated: false,
    });
  });

  it('that a service refused though its family lives has the request tried once more', async () => {
    let refused = '';
    const gateway = await openGateway({
      cms: (incoming, outgoing) => {
        refused ||= incoming.headers.authorization ?? '';
        if (incoming.headers.authorization === refused) answerJson(outgoing, 401, {}, invalidToken);
        else echo('cms')(incoming, outgoing);
      },
    });
    const session = await signIn(gateway);
    const answer = await gateway.send('/cms/x', { headers: { cookie: session.cookie } });
    expect(answer.status).toBe(200);
    expect(answer.headers).not.toHaveProperty('set-cookie');
    expect(gateway.auth.count('/auth/refresh')).toBe(1);
  });

  it('is not renewed over and over for a service that refuses everything', async () => {
    const gateway = await openGateway({ cms: (_incoming, outgoing) => answerJson(outgoing, 401, {}, invalidToken) });
    const session = await signIn(gateway);
    for (let index = 0; index < 5; index += 1) {
      expect((await gateway.send('/cms/x', { headers: { cookie: session.cookie } })).status).toBe(401);
    }
    expect(gateway.auth.count('/auth/refresh')).toBe(1);
  });

  it('leaves other refusals alone', async () => {
    const gateway = await openGateway({
      cms: (_incoming, outgoing) => answerJson(outgoing, 401, { code: 'invalid_credentials' }),
    });
    const session = await signIn(gateway);
    const answer = await gateway.send('/cms/x', unsafe(session));
    expect(answer.json()).toEqual({ code: 'invalid_credentials' });
    expect(gateway.auth.count('/auth/refresh')).toBe(0);
  });
});

const invalidToken = { 'www-authenticate': 'Bearer realm="gaia", error="invalid_token"' };
