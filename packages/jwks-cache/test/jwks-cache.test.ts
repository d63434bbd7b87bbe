import { describe, expect, it, vi } from 'vitest';
import { cacheOf, eachWithAnIssuer, HOUR, issuer, SECOND } from './cache-under-test.ts';

eachWithAnIssuer();

describe('at start', () => {
  it('prefetches at creation', async () => {
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
    ['a URL of another protocol', { url: 'file:///etc/passwd' }, 'the JWKS URL must start with http:// or https://'],
    ['no URL', { url: 'jwks.json' }, 'the JWKS URL must start with http:// or https://'],
    ['a URL with a password', { url: 'https://:pass@example.org/jwks.json' }, 'must not hold credentials'],
    ['a URL with a user', { url: 'https://user@example.org/jwks.json' }, 'must not hold credentials'],
    ['no cooldown', { cooldownMs: 0 }, 'cooldownMs must be greater than 0'],
    ['a negative cap', { maxStaleMs: -1 }, 'maxStaleMs must be greater than 0'],
    ['a timeout that is no number', { timeoutMs: Number.NaN }, 'timeoutMs must be greater than 0'],
    ['no bytes', { maxBytes: 0 }, 'maxBytes must be greater than 0'],
  ])('refuses %s', (_, options, reason) => {
    expect(() => cacheOf(options)).toThrow(reason);
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

  it('adds new keys and drops removed ones', async () => {
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
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(HOUR);
    await cache.refresh();
    expect(issuer.fetches()).toBe(1);
  });

  it('takes no keys over after it was closed', async () => {
    const answer = Promise.withResolvers<Response>();
    const cache = cacheOf({ fetch: () => answer.promise });
    cache.close();
    answer.resolve(await issuer.fetch(issuer.jwksUrl));
    await cache.ready;
    expect(cache.status()).toMatchObject({ kids: [], failures: 0 });
    expect(vi.getTimerCount()).toBe(0);
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
