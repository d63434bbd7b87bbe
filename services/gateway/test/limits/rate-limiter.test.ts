import { createMemoryState } from '@gaia/state/memory';
import { StateUnavailable } from '@gaia/state/state';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createRateLimiter } from '../../src/limits/rate-limiter.ts';
import { createClock, openGateway, type TestGateway } from '../support/gateway.ts';
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
    const behindProxy = { ...env, TRUSTED_PROXIES: 'loopback' };
    const first = await openGateway({ state: one, env: behindProxy });
    const second = await openGateway({ state: other, env: behindProxy });
    let tries = 0;
    // A backend that is slow for a moment makes each replica count by itself; then another caller tries.
    await vi.waitFor(
      async () => {
        tries += 1;
        const headers = { 'x-forwarded-for': `203.0.113.${tries}` };
        const statuses = [];
        for (const gateway of [first, second, first, second, first]) {
          statuses.push((await gateway.send('/cms/x', { headers })).status);
        }
        expect(statuses).toEqual([200, 200, 200, 429, 429]);
      },
      { timeout: 30_000, interval: 1_100 },
    );
  });
});

describe('rate limits', () => {
  it('tell what is left, and when to come back', async () => {
    const gateway = await openGateway({ env });
    const first = await gateway.send('/cms/x');
    expect(first.headers['ratelimit-policy']).toBe('"read";q=3;w=60');
    expect(first.headers.ratelimit).toBe('"read";r=2;t=60');
    await gateway.send('/cms/x');
    await gateway.send('/nowhere');
    const refused = await gateway.send('/cms/x');
    expect(refused.json()).toMatchObject({ status: 429, code: 'rate_limited' });
    expect(refused.headers['content-type']).toContain('application/problem+json');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(50);
    expect(refused.headers.ratelimit).toMatch(/^"read";r=0;t=(60|59)$/);
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

describe('users', () => {
  it('are held to their rate wherever their requests come from', async () => {
    const gateway = await openGateway({ env: { ...env, TRUSTED_PROXIES: 'loopback' } });
    const ann = accessToken(gateway, 'ann');
    const from = async (index: number, authorization: string) =>
      (await gateway.send('/cms/x', { headers: { authorization, 'x-forwarded-for': `203.0.113.${index}` } })).status;
    // The first genuine token makes the gateway fetch the keys, and nobody waits for that.
    let tries = 0;
    await vi.waitFor(
      async () => {
        tries += 1;
        const headers = {
          authorization: accessToken(gateway, `u${tries}`),
          'x-forwarded-for': `10.0.0.${tries % 250}`,
        };
        const answer = await gateway.send('/search', { headers });
        expect(answer.headers['ratelimit-policy']).toContain('"read-user"');
      },
      { timeout: 20_000, interval: 100 },
    );
    const statuses = [];
    for (let index = 0; index < 5; index += 1) statuses.push(await from(index, ann));
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    // Another token of the same user does not help; another user is not concerned.
    expect(await from(10, accessToken(gateway, 'ann'))).toBe(429);
    expect(await from(11, accessToken(gateway, 'bob'))).toBe(200);
  });

  it.each([
    ['a forged token', (gateway: TestGateway) => `${accessToken(gateway, 'ann').slice(0, -8)}AAAAAAAA`],
    ['a token without signature', (gateway: TestGateway) => accessToken(gateway, 'ann').replace(/[^.]+$/, '')],
    ['what is no token', () => 'Bearer ann'],
    ['another scheme', () => 'Basic YW5uOmFubg=='],
  ])('lose nothing by %s', async (_name, make) => {
    const gateway = await openGateway({ env: { ...env, TRUSTED_PROXIES: 'loopback' } });
    for (let index = 0; index < 6; index += 1) {
      const headers = { authorization: make(gateway), 'x-forwarded-for': `203.0.113.${index}` };
      const answer = await gateway.send('/cms/x', { headers });
      expect([answer.status, answer.headers['ratelimit-policy']]).toEqual([200, '"read";q=3;w=60']);
    }
  });

  it('with a session are held to the same rate as with a token', async () => {
    const gateway = await openGateway({ env: { ...env, TRUSTED_PROXIES: 'loopback' } });
    const signedIn = await gateway.send('/session', {
      ...login,
      body: '{"email":"ann@example.org","password":"right"}',
    });
    const cookie = (signedIn.headers['set-cookie'] ?? []).map((line) => line.split(';', 1)[0]).join('; ');
    const statuses = [];
    for (let index = 0; index < 4; index += 1) {
      const answer = await gateway.send('/cms/x', { headers: { cookie, 'x-forwarded-for': `203.0.113.${index}` } });
      statuses.push(answer.status);
      expect(answer.headers['ratelimit-policy']).toBe('"read";q=3;w=60, "read-user";q=3;w=60');
    }
    expect(statuses).toEqual([200, 200, 200, 429]);
  });
});

describe('classes', () => {
  const all = { RATE_LIMIT_PER_MINUTE: '9', RATE_LIMIT_WRITES_PER_MINUTE: '8', RATE_LIMIT_UPLOADS_PER_MINUTE: '7' };

  it.each([
    ['GET', '/cms/x', '"read";q=9;w=60'],
    ['HEAD', '/cms/x', '"read";q=9;w=60'],
    ['GET', '/assets/x', '"read";q=9;w=60'],
    ['POST', '/graphql', '"read";q=9;w=60'],
    ['POST', '/cms/x', '"write";q=8;w=60'],
    ['PUT', '/cms/x', '"write";q=8;w=60'],
    ['DELETE', '/cms/x', '"write";q=8;w=60'],
    ['POST', '/auth/refresh', '"write";q=8;w=60'],
    ['POST', '/assets/x', '"upload";q=7;w=60'],
    ['POST', '/auth/login', '"login";q=2;w=60'],
    ['POST', '/@/api/login', '"login";q=2;w=60'],
    ['POST', '/auth/forgot', '"login";q=2;w=60'],
    ['POST', '/auth/reset', '"login";q=2;w=60'],
    ['POST', '/auth/verify', '"login";q=2;w=60'],
    ['POST', '/auth/invitation', '"login";q=2;w=60'],
    ['POST', '/auth/me/password', '"login";q=2;w=60'],
    ['GET', '/nowhere', '"read";q=9;w=60'],
  ])('%s %s counts as %s', async (method, path, policy) => {
    const gateway = await openGateway({ env: { ...env, ...all } });
    const body = method === 'POST' || method === 'PUT' ? { body: '{}' } : {};
    const answer = await gateway.send(path, { method, headers: { 'content-type': 'application/json' }, ...body });
    expect(answer.headers['ratelimit-policy']).toBe(policy);
  });
});

const limits = { read: 2, write: 2, upload: 2, login: 1 };

describe('createRateLimiter', () => {
  it('counts by itself while the state is away, asks it once a second, and says so once', async () => {
    const clock = createClock();
    const add = vi.fn(async () => {
      throw new StateUnavailable();
    });
    const onFallback = vi.fn();
    const limiter = createRateLimiter({ counters: { add }, now: clock.now, limits, onFallback });
    const allowed = [];
    for (let index = 0; index < 4; index += 1) allowed.push((await limiter.take('read', '192.0.2.1')).allowed);
    expect(allowed).toEqual([true, true, false, false]);
    expect((await limiter.take('read', '192.0.2.2')).allowed).toBe(true);
    expect(add).toHaveBeenCalledTimes(1);
    clock.advance(1_001);
    expect((await limiter.take('read', '192.0.2.1')).allowed).toBe(false);
    expect(add).toHaveBeenCalledTimes(2);
    expect(onFallback).toHaveBeenCalledTimes(1);
  });

  it('goes on with the shared count when the state is back', async () => {
    const clock = createClock();
    const state = createMemoryState({ now: clock.now });
    onTestFinished(() => state.close());
    let away = true;
    const add: typeof state.counters.add = (...asked) =>
      away ? Promise.reject(new StateUnavailable()) : state.counters.add(...asked);
    const limiter = createRateLimiter({ counters: { add }, now: clock.now, limits });
    expect((await limiter.take('read', 'a')).allowed).toBe(true);
    away = false;
    await state.counters.add('gateway-rate:read:a', 2, 60_000, clock.now());
    clock.advance(1_001);
    expect((await limiter.take('read', 'a')).allowed).toBe(false);
  });

  it('asks the shared counter once for many requests, and never lets more through than the limit', async () => {
    const clock = createClock();
    const state = createMemoryState({ now: clock.now });
    onTestFinished(() => state.close());
    const add = vi.fn(state.counters.add);
    const large = { ...limits, read: 1_000 };
    const replicas = Array.from({ length: 3 }, () =>
      createRateLimiter({ counters: { add }, now: clock.now, limits: large }),
    );
    let allowed = 0;
    for (let index = 0; index < 2_000; index += 1) {
      if ((await replicas[index % 3]?.take('read', 'a'))?.allowed) allowed += 1;
    }
    expect(allowed).toBeLessThanOrEqual(1_000);
    // Less than a slice of ten is lost for each of the other replicas.
    expect(allowed).toBeGreaterThan(1_000 - 20);
    expect(add.mock.calls.length).toBeLessThan(110);
  });

  it('counts requests that come at the same time one by one', async () => {
    const clock = createClock();
    const state = createMemoryState({ now: clock.now });
    onTestFinished(() => state.close());
    const limiter = createRateLimiter({
      counters: state.counters,
      now: clock.now,
      limits: { ...limits, read: 250 },
    });
    const decisions = await Promise.all(Array.from({ length: 400 }, () => limiter.take('read', 'a')));
    expect(decisions.filter(({ allowed }) => allowed)).toHaveLength(250);
  });
});

/** An Authorization header with a token as auth issues it. */
function accessToken(gateway: TestGateway, sub: string): string {
  const iat = Math.floor(Date.now() / 1_000);
  const claims = { sub, aud: 'gaia', iat, nbf: iat, exp: iat + 900, client_id: 'gaia', roles: [], scope: '' };
  return `Bearer ${gateway.auth.handOver({ claims, header: { typ: 'at+jwt' } })}`;
}
