import { createMemoryState } from '@gaia/state/memory';
import { StateUnavailable } from '@gaia/state/state';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createRateLimiter, networkOf } from '../../src/limits/rate-limiter.ts';
import { createClock, openGateway } from '../support/gateway.ts';
import { stateBackends } from '../support/states.ts';

const env = { RATE_LIMIT_PER_MINUTE: '3', RATE_LIMIT_LOGIN_PER_MINUTE: '2' };
const login = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"email":"ann@example.org","password":"wrong"}',
};

describe.each(stateBackends())('rate limits on $name', ({ open, skip }) => {
  it.skipIf(skip)('are shared by replicas', async () => {
    const [one, other] = open(2);
    if (!one || !other) throw new Error('two replicas');
    const first = await openGateway({ state: one, env });
    const second = await openGateway({ state: other, env });
    const statuses = [];
    for (const gateway of [first, second, first, second, first]) statuses.push((await gateway.send('/cms/x')).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
  });
});

describe('rate limits', () => {
  it('tell what is left, and when to come back', async () => {
    const gateway = await openGateway({ env });
    const first = await gateway.send('/cms/x');
    expect(first.headers['ratelimit-policy']).toBe('"default";q=3;w=60');
    expect(first.headers.ratelimit).toBe('"default";r=2;t=60');
    await gateway.send('/cms/x');
    await gateway.send('/nowhere');
    const refused = await gateway.send('/cms/x');
    expect(refused.json()).toMatchObject({ status: 429, code: 'rate_limited' });
    expect(refused.headers['content-type']).toContain('application/problem+json');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(50);
    expect(refused.headers.ratelimit).toMatch(/^"default";r=0;t=(60|59)$/);
  });

  it('begin anew after their window', async () => {
    const clock = createClock();
    const gateway = await openGateway({ env, now: clock.now });
    for (let index = 0; index < 5; index += 1) await gateway.send('/cms/x');
    clock.advance(60_001);
    expect((await gateway.send('/cms/x')).status).toBe(200);
  });

  it('are stricter for logins, on every way to log in, and count apart', async () => {
    const gateway = await openGateway({ env });
    expect((await gateway.send('/auth/login', login)).headers['ratelimit-policy']).toBe('"login";q=2;w=60');
    expect((await gateway.send('/@/api/login', login)).status).toBe(401);
    for (const path of ['/session', '/auth/login', '/@/api/login']) {
      expect((await gateway.send(path, login)).json()).toMatchObject({ status: 429, code: 'rate_limited' });
    }
    expect((await gateway.send('/cms/x')).status).toBe(200);
  });

  it('count a client behind a trusted proxy by its own address, and nobody by what it says of itself', async () => {
    const trusting = await openGateway({ env: { ...env, TRUSTED_PROXIES: 'loopback' } });
    const direct = await openGateway({ env });
    const statuses = async (gateway: typeof direct) => {
      const all = [];
      for (let index = 0; index < 5; index += 1) {
        all.push((await gateway.send('/cms/x', { headers: { 'x-forwarded-for': `203.0.113.${index}` } })).status);
      }
      return all;
    };
    expect(await statuses(trusting)).toEqual([200, 200, 200, 200, 200]);
    expect(await statuses(direct)).toEqual([200, 200, 200, 429, 429]);
  });

  it('leave health alone', async () => {
    const gateway = await openGateway({ env });
    for (let index = 0; index < 6; index += 1) expect((await gateway.send('/live')).status).toBe(200);
  });

  it('can be switched off', async () => {
    const gateway = await openGateway({ env: { ...env, RATE_LIMIT: 'off' } });
    for (let index = 0; index < 6; index += 1) {
      const answer = await gateway.send('/cms/x');
      expect(answer.status).toBe(200);
      expect(answer.headers).not.toHaveProperty('ratelimit');
    }
  });
});

describe('createRateLimiter', () => {
  it('counts by itself while the state is away, asks it once a second, and says so once', async () => {
    const clock = createClock();
    const add = vi.fn(async () => {
      throw new StateUnavailable();
    });
    const onFallback = vi.fn();
    const limiter = createRateLimiter({
      counters: { add },
      now: clock.now,
      limits: { default: 2, login: 1 },
      onFallback,
    });
    const allowed = [];
    for (let index = 0; index < 4; index += 1) allowed.push((await limiter.take('default', '192.0.2.1')).allowed);
    expect(allowed).toEqual([true, true, false, false]);
    expect((await limiter.take('default', '192.0.2.2')).allowed).toBe(true);
    expect(add).toHaveBeenCalledTimes(1);
    clock.advance(1_001);
    await limiter.take('default', '192.0.2.1');
    expect(add).toHaveBeenCalledTimes(2);
    expect(onFallback).toHaveBeenCalledTimes(1);
  });

  it('counts a whole IPv6 network as one caller', async () => {
    const state = createMemoryState({ now: Date.now });
    onTestFinished(() => state.close());
    const limiter = createRateLimiter({ counters: state.counters, now: Date.now, limits: { default: 1, login: 1 } });
    expect((await limiter.take('default', '2001:db8:1:2::1')).allowed).toBe(true);
    expect((await limiter.take('default', '2001:db8:1:2:ffff::9')).allowed).toBe(false);
    expect((await limiter.take('default', '2001:db8:1:3::1')).allowed).toBe(true);
  });
});

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8::6', '2001:db8:0:0::/64'],
  ['2001:0db8:0001:0000::', '2001:db8:1:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('the network of %s is %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
