import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { signIn } from '../support/browser.ts';
import { createClock, openGateway, SECRET } from '../support/gateway.ts';

const env = {
  SESSION_IDLE_SECONDS: '1000',
  SESSION_REMEMBERED_IDLE_SECONDS: '5000',
  SESSION_ABSOLUTE_SECONDS: '20000',
};

describe('a session', () => {
  it.each([
    { remember: true, idleSeconds: 5_000 },
    { remember: false, idleSeconds: 1_000 },
  ])('with remember: $remember ends after $idleSeconds seconds without use', async ({ remember, idleSeconds }) => {
    const clock = createClock();
    const gateway = await openGateway({ now: clock.now, env });
    gateway.auth.expiresIn = 100_000;
    const session = await signIn(gateway, { body: { remember } });
    const lives = async () =>
      (await gateway.send('/session', { headers: { cookie: session.cookie } })).json().authenticated;
    clock.advance((idleSeconds - 1) * 1_000);
    expect(await lives()).toBe(true);
    clock.advance((idleSeconds - 1) * 1_000);
    expect(await lives()).toBe(true);
    clock.advance((idleSeconds + 1) * 1_000);
    expect(await lives()).toBe(false);
  });

  it('outlives the browser only when it is remembered', async () => {
    const gateway = await openGateway({ env });
    expect((await signIn(gateway)).setCookie).not.toMatch(/Max-Age|Expires/i);
    expect((await signIn(gateway, { body: { remember: true } })).setCookie).toMatch(/Expires=/);
  });

  it.each([
    ['as long as the gateway lets it', 50_000, 20_000],
    ['no longer than its login at auth', 3_000, 3_000],
  ])('lives %s', async (_name, sessionExpiresIn, seconds) => {
    const clock = createClock();
    const gateway = await openGateway({ now: clock.now, env });
    gateway.auth.sessionExpiresIn = sessionExpiresIn;
    gateway.auth.expiresIn = 100_000;
    const session = await signIn(gateway, { body: { remember: true } });
    const { expires_at } = session.answer.json<{ expires_at: string }>();
    expect(session.setCookie).toContain(`Expires=${new Date(expires_at).toUTCString()};`);
    expect(Date.parse(expires_at) - clock.now()).toBe(seconds * 1_000);
    for (let passed = 0; passed + 2_000 < seconds; passed += 2_000) {
      clock.advance(2_000_000);
      await gateway.send('/session', { headers: { cookie: session.cookie } });
    }
    clock.advance(2_000_000);
    const after = await gateway.send('/session', { headers: { cookie: session.cookie } });
    expect(after.json()).toEqual({ authenticated: false });
  });
});

it('who wants to stay signed in is kept a week by default, others a day; never shorter than others', async () => {
  const config = loadConfig({ GATEWAY_SESSION_SECRET: SECRET });
  expect([config.SESSION_IDLE_SECONDS, config.SESSION_REMEMBERED_IDLE_SECONDS]).toEqual([86_400, 604_800]);
  const clock = createClock();
  const gateway = await openGateway({
    now: clock.now,
    env: { SESSION_IDLE_SECONDS: '5000', SESSION_REMEMBERED_IDLE_SECONDS: '100' },
  });
  gateway.auth.expiresIn = 100_000;
  const session = await signIn(gateway, { body: { remember: true } });
  clock.advance(4_000_000);
  const later = await gateway.send('/session', { headers: { cookie: session.cookie } });
  expect(later.json()).toMatchObject({ authenticated: true });
});
