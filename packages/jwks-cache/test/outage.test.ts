import { describe, expect, it, vi } from 'vitest';
import { cacheOf, eachWithAnIssuer, HOUR, issuer, SECOND } from './cache-under-test.ts';

eachWithAnIssuer();

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

  it('calls them stale from the moment to which the issuer called them fresh', async () => {
    const cache = cacheOf();
    await cache.ready;
    issuer.setOutage(true);
    issuer.travel(299);
    expect(cache.status().stale).toBe(false);
    issuer.travel(1);
    expect(cache.status().stale).toBe(true);
  });

  it.each([
    [0, 375],
    [1, 625],
  ])('asks again with jitter %d after %i ms', async (random, ms) => {
    issuer.setOutage(true);
    await cacheOf({ random: () => random }).ready;
    await vi.advanceTimersByTimeAsync(ms - 1);
    expect(issuer.fetches()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(issuer.fetches()).toBe(2);
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

describe('what is told', () => {
  function logged() {
    const lines: unknown[] = [];
    const line = (details: object, message: string) => void lines.push([message, details]);
    return { lines, log: { info: line, warn: line } };
  }

  it('are the keys that came and went, when they did', async () => {
    const { lines, log } = logged();
    const cache = cacheOf({ log });
    await cache.ready;
    const url = issuer.jwksUrl;
    const old = issuer.key.kid;
    expect(lines.splice(0)).toEqual([['the issuer has other keys', { url, gone: [], come: [old] }]]);
    await cache.refresh();
    expect(lines).toEqual([]);
    const { kid } = issuer.rotate();
    await cache.refresh();
    issuer.remove(old);
    await cache.refresh();
    expect(lines).toEqual([
      ['the issuer has other keys', { url, gone: [], come: [kid] }],
      ['the issuer has other keys', { url, gone: [old], come: [] }],
    ]);
  });

  it('is why keys could not be fetched, and that others are known', async () => {
    const { lines, log } = logged();
    const cache = cacheOf({ log });
    await cache.ready;
    issuer.setOutage(true);
    await cache.refresh();
    expect(lines.slice(1)).toEqual([
      [
        'the keys of the issuer could not be fetched',
        { url: issuer.jwksUrl, reason: 'the issuer answered 503', known: 1 },
      ],
    ]);
  });

  it('is why the issuer is unreachable, which fetch hides', async () => {
    const cause = Object.assign(new Error('connect refused'), { code: 'ECONNREFUSED' });
    const cache = cacheOf({ fetch: () => Promise.reject(new TypeError('fetch failed', { cause })) });
    await cache.ready;
    expect(cache.status().lastError).toBe('ECONNREFUSED: connect refused');
  });

  it('is nothing about a file where none is kept', async () => {
    const { lines, log } = logged();
    await cacheOf({ log }).ready;
    expect(lines).toHaveLength(1);
  });
});
