import { createTestIssuer, type TestIssuer } from '@gaia/testing/issuer';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createJwksCache, type JwksCacheOptions } from '../src/jwks-cache.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const signingKey = (await createTestIssuer()).key;
let issuer: TestIssuer;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  issuer = await createTestIssuer({ signingKey });
});
afterEach(() => {
  vi.useRealTimers();
});

function cacheOf(options: Partial<JwksCacheOptions> = {}) {
  const cache = createJwksCache({
    url: issuer.jwksUrl,
    fetch: issuer.fetch,
    now: issuer.now,
    random: () => 0.5,
    ...options,
  });
  onTestFinished(() => cache.close());
  return cache;
}

describe('at start', () => {
  it('fetches before anybody asks', async () => {
    const cache = cacheOf();
    await cache.ready;
    expect(issuer.fetches()).toBe(1);
    expect(cache.find(issuer.key.kid)?.kid).toBe(issuer.key.kid);
    expect(cache.status()).toMatchObject({
      kids: [issuer.key.kid],
      usable: true,
      stale: false,
      fetches: 1,
      failures: 0,
    });
  });

  it('is there without its issuer, and says so', async () => {
    issuer.setOutage(true);
    const cache = cacheOf();
    await cache.ready;
    expect(cache.usable()).toBe(false);
    expect(cache.status()).toMatchObject({ kids: [], usable: false, stale: true, ageMs: undefined, failures: 1 });
    expect(cache.status().lastError).toBe('the issuer answered 503');
  });

  it('finds its issuer within seconds of its coming', async () => {
    issuer.setOutage(true);
    const cache = cacheOf();
    await cache.ready;
    await vi.advanceTimersByTimeAsync(60 * SECOND);
    issuer.setOutage(false);
    await vi.advanceTimersByTimeAsync(6 * SECOND);
    expect(cache.usable()).toBe(true);
  });

  it.each([
    ['a URL of another protocol', { url: 'file:///etc/passwd' }, TypeError],
    ['no URL', { url: 'jwks.json' }, TypeError],
    ['a URL with a password', { url: 'https://user:pass@example.org/jwks.json' }, TypeError],
    ['a URL with a user', { url: 'https://user@example.org/jwks.json' }, TypeError],
    ['no cooldown', { cooldownMs: 0 }, RangeError],
    ['a negative cap', { maxStaleMs: -1 }, RangeError],
    ['a timeout that is no number', { timeoutMs: Number.NaN }, RangeError],
    ['no bytes', { maxBytes: 0 }, RangeError],
  ])('refuses %s', (_, options, kind) => {
    expect(() => cacheOf(options)).toThrow(kind);
  });
});

describe('in the background', () => {
  it.each([
    [0, 135],
    [0.5, 150],
    [0.999, 165],
  ])('refreshes at half of max-age 300 with jitter %d: after %i s', async (random, seconds) => {
    const cache = cacheOf({ random: () => random });
    await cache.ready;
    await vi.advanceTimersByTimeAsync((seconds - 1) * SECOND);
    expect(issuer.fetches()).toBe(1);
    await vi.advanceTimersByTimeAsync(2 * SECOND);
    expect(issuer.fetches()).toBe(2);
  });

  it.each([
    ['max-age=0', 30],
    ['max-age=10', 30],
    ['no-store', 30],
    ['public', 150],
    ['max-age=600', 300],
    ['max-age=86400', 43_200],
    ['max-age=999999999', 43_200],
  ])('after %s refreshes in %i s', async (cacheControl, seconds) => {
    let fetches = 0;
    const fetch = async () => {
      fetches += 1;
      return new Response(JSON.stringify(issuer.jwks()), { headers: { 'cache-control': cacheControl } });
    };
    await cacheOf({ fetch }).ready;
    await vi.advanceTimersByTimeAsync((seconds - 1) * SECOND);
    expect(fetches).toBe(1);
    await vi.advanceTimersByTimeAsync(2 * SECOND);
    expect(fetches).toBe(2);
  });

  it('takes over new keys and drops those that are gone', async () => {
    const cache = cacheOf();
    await cache.ready;
    const old = issuer.key.kid;
    const { kid } = issuer.rotate();
    await vi.advanceTimersByTimeAsync(151 * SECOND);
    expect(cache.status().kids).toEqual([old, kid]);
    issuer.remove(old);
    await vi.advanceTimersByTimeAsync(151 * SECOND);
    expect(cache.status().kids).toEqual([kid]);
    expect(cache.find(old)).toBeUndefined();
  });

  it('understands that nothing has changed, and counts it as an answer', async () => {
    const statuses: number[] = [];
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const response = await issuer.fetch(input, init);
      statuses.push(response.status);
      return response;
    };
    const cache = cacheOf({ fetch });
    await cache.ready;
    const key = cache.find(issuer.key.kid);
    await vi.advanceTimersByTimeAsync(151 * SECOND);
    expect(statuses).toEqual([200, 304]);
    expect(cache.find(issuer.key.kid)).toBe(key);
    expect(cache.status().ageMs).toBeLessThan(5 * SECOND);
  });

  it('starts a refresh that is due when a key is used, even if the timer slept', async () => {
    const cache = cacheOf();
    await cache.ready;
    issuer.travel(149);
    cache.find(issuer.key.kid);
    expect(issuer.fetches()).toBe(1);
    issuer.travel(1);
    expect(cache.find(issuer.key.kid)).toBeDefined();
    expect(issuer.fetches()).toBe(2);
  });

  it('shares one request among all who want a refresh', async () => {
    const cache = cacheOf();
    await cache.ready;
    await Promise.all(Array.from({ length: 50 }, () => cache.refresh()));
    expect(issuer.fetches()).toBe(2);
  });

  it('asks no more once it is closed', async () => {
    const cache = cacheOf();
    await cache.ready;
    cache.close();
    await vi.advanceTimersByTimeAsync(HOUR);
    await cache.refresh();
    expect(issuer.fetches()).toBe(1);
  });

  it('gives up the request under way when it is closed', async () => {
    let aborted = false;
    const fetch: typeof globalThis.fetch = (_, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => {
          aborted = true;
          reject(init.signal?.reason);
        });
      });
    const cache = cacheOf({ fetch });
    cache.close();
    await cache.ready;
    expect(aborted).toBe(true);
    expect(cache.status()).toMatchObject({ failures: 0, lastError: undefined });
  });
});

describe('while the issuer is away', () => {
  it('keeps the known keys up to the hard cap, and no longer', async () => {
    const cache = cacheOf();
    await cache.ready;
    issuer.setOutage(true);
    issuer.travel(86_399);
    expect(cache.find(issuer.key.kid)).toBeDefined();
    expect(cache.usable()).toBe(true);
    expect(cache.status().stale).toBe(true);
    issuer.travel(1);
    expect(cache.find(issuer.key.kid)).toBeUndefined();
    expect(cache.usable()).toBe(false);
  });

  it('keeps them for as long as it is told', async () => {
    const cache = cacheOf({ maxStaleMs: HOUR });
    await cache.ready;
    issuer.setOutage(true);
    issuer.travel(3_599);
    expect(cache.usable()).toBe(true);
    issuer.travel(1);
    expect(cache.usable()).toBe(false);
  });

  it.each([
    ['garbage', () => new Response('<html>')],
    ['an empty set', () => new Response('{"keys":[]}')],
    ['an error', () => new Response('{}', { status: 500 })],
    ['too much', () => new Response('x'.repeat(70_000))],
    ['a refusal to connect', () => Promise.reject(new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') }))],
  ])('keeps the known keys when it answers with %s', async (_, answer) => {
    let good = true;
    const fetch: typeof globalThis.fetch = async (input, init) => (good ? issuer.fetch(input, init) : answer());
    const cache = cacheOf({ fetch });
    await cache.ready;
    good = false;
    await cache.refresh();
    expect(cache.find(issuer.key.kid)).toBeDefined();
    expect(cache.status()).toMatchObject({ failures: 1, lastError: expect.any(String) });
    good = true;
    await cache.refresh();
    expect(cache.status()).toMatchObject({ failures: 1, lastError: undefined });
  });

  it('asks again after growing pauses', async () => {
    const cache = cacheOf();
    await cache.ready;
    issuer.setOutage(true);
    const before = issuer.fetches();
    await cache.refresh();
    const attempts: number[] = [];
    for (let second = 1; second <= 600; second += 1) {
      await vi.advanceTimersByTimeAsync(SECOND);
      if (issuer.fetches() - before > attempts.length + 1) attempts.push(second);
    }
    const pauses = attempts.slice(1).map((at, index) => at - (attempts[index] ?? 0));
    expect(pauses.slice(0, 6)).toEqual([1, 2, 4, 8, 16, 32]);
    expect(Math.max(...pauses)).toBe(60);
    expect(pauses.slice(7).every((pause) => pause === 60)).toBe(true);
  });

  it('asks after five seconds at the latest as long as it has no keys at all', async () => {
    issuer.setOutage(true);
    await cacheOf().ready;
    await vi.advanceTimersByTimeAsync(60 * SECOND);
    const before = issuer.fetches();
    await vi.advanceTimersByTimeAsync(60 * SECOND);
    expect(issuer.fetches() - before).toBe(12);
  });
});

describe('unknown kids', () => {
  it('find a key that was published a moment ago', async () => {
    const cache = cacheOf();
    await cache.ready;
    const { kid } = issuer.rotate();
    expect(cache.find(kid)).toBeUndefined();
    expect((await cache.lookUp(kid))?.kid).toBe(kid);
  });

  it('cause no fetch when the kid is known', async () => {
    const cache = cacheOf();
    await cache.ready;
    await cache.lookUp(issuer.key.kid);
    expect(issuer.fetches()).toBe(1);
  });

  it('cause one fetch in a cooldown, however many come at once', async () => {
    const cache = cacheOf({ cooldownMs: 10 * SECOND });
    await cache.ready;
    const { kid } = issuer.rotate();
    const found = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) => cache.lookUp(index % 2 ? kid : `k${index}`)),
    );
    expect(issuer.fetches()).toBe(2);
    expect(found.filter((key) => key?.kid === kid)).toHaveLength(500);
    expect(found.filter((key) => key === undefined)).toHaveLength(500);
  });

  it('cause one fetch in a cooldown, however many come one after the other', async () => {
    const cache = cacheOf({ cooldownMs: 10 * SECOND });
    await cache.ready;
    const before = issuer.fetches();
    // 1,000 a second for 60 seconds, by the issuer's clock.
    for (let count = 0; count < 60_000; count += 1) {
      if (count % 100 === 0) issuer.travel(0.1);
      await cache.lookUp(`k${count}`);
    }
    expect(issuer.fetches() - before).toBeLessThanOrEqual(60 / 10 + 1);
  });

  it('are asked for again once the cooldown is over', async () => {
    const cache = cacheOf({ cooldownMs: 10 * SECOND });
    await cache.ready;
    await cache.lookUp('unknown');
    expect(issuer.fetches()).toBe(2);
    issuer.travel(9);
    await cache.lookUp('unknown');
    expect(issuer.fetches()).toBe(2);
    issuer.travel(1);
    await cache.lookUp('unknown');
    expect(issuer.fetches()).toBe(3);
  });

  it('are asked for again after the clock was set back', async () => {
    const cache = cacheOf();
    await cache.ready;
    await cache.lookUp('unknown');
    issuer.travel(-3_600);
    await cache.lookUp('unknown');
    expect(issuer.fetches()).toBe(3);
  });

  it('cause one attempt in a cooldown, and none soon after another, while the issuer fails', async () => {
    const cache = cacheOf({ cooldownMs: 10 * SECOND });
    await cache.ready;
    issuer.setOutage(true);
    for (let failures = 0; failures < 10; failures += 1) await cache.refresh();
    const before = issuer.fetches();
    for (let count = 0; count < 1_000; count += 1) await cache.lookUp(`k${count}`);
    expect(issuer.fetches()).toBe(before);
    issuer.travel(10);
    for (let count = 0; count < 1_000; count += 1) await cache.lookUp(`k${count}`);
    expect(issuer.fetches()).toBe(before + 1);
  });
});
