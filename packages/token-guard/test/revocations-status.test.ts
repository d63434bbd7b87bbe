import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createRevocations } from '../src/revocations.ts';
import type { FakeFeed } from './fake-feed.ts';
import { eachWithAFeed, ended, feed, follow, ONE_POLL, session } from './followed-feed.ts';

eachWithAFeed();

describe('snapshots', () => {
  it('are shared by all who want one, but a wish that comes later gets another', async () => {
    await follow();
    const held = Promise.withResolvers<void>();
    const { snapshot } = feed;
    feed.snapshot = async (now) => {
      const taken = await snapshot(now);
      await held.promise;
      return taken;
    };
    for (let count = 0; count < 10; count += 1) feed.setConnected(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(feed.calls().snapshots).toBe(2);
    held.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(feed.calls().snapshots).toBe(3);
  });

  it.each<readonly [string, (feed: FakeFeed) => void, number]>([
    ['a connection is lost', (it) => it.setConnected(false), 0],
    ['a connection comes back', (it) => it.setConnected(true), 1],
    ['the next entry is pushed', (it) => it.add(ended('c')), 0],
    [
      'an entry is pushed again',
      (it) => it.push('1', { sequence: 2, revocation: ended('b'), expiresAt: Date.now() + 1_000 }),
      0,
    ],
    [
      'an older entry is pushed',
      (it) => it.push('1', { sequence: 1, revocation: ended('a'), expiresAt: Date.now() + 1_000 }),
      0,
    ],
    [
      'an entry is pushed after a gap',
      (it) => it.push('1', { sequence: 4, revocation: ended('d'), expiresAt: Date.now() + 1_000 }),
      1,
    ],
    [
      'the next entry is of another epoch',
      (it) => it.push('2', { sequence: 3, revocation: ended('c'), expiresAt: Date.now() + 1_000 }),
      1,
    ],
    [
      'an older entry is of another epoch',
      (it) => it.push('2', { sequence: 1, revocation: ended('c'), expiresAt: Date.now() + 1_000 }),
      1,
    ],
  ])('when %s', async (_, event, taken) => {
    feed.add(ended('a'));
    feed.add(ended('b'));
    await follow();
    expect(feed.calls().snapshots).toBe(1);
    event(feed);
    await vi.advanceTimersByTimeAsync(0);
    expect(feed.calls().snapshots - 1).toBe(taken);
  });

  it.each([true, false])('the first is there when it is ready, whether the push channel is up (%s)', async (up) => {
    const held = Promise.withResolvers<void>();
    const { snapshot } = feed;
    feed.snapshot = (now) => held.promise.then(() => snapshot(now));
    feed.add(ended('a'));
    feed.setConnected(up);
    const revocations = createRevocations({ feed });
    onTestFinished(() => revocations.close());
    let ready = false;
    const waiting = revocations.ready.then(() => {
      ready = true;
    });
    await vi.advanceTimersByTimeAsync(0);
    expect(ready).toBe(false);
    expect(revocations.status().degraded).toBe(true);
    held.resolve();
    await waiting;
    expect(revocations.reasonToRefuse(session('a'))).toBe('session_ended');
  });
});

describe('what is told', () => {
  it('is each change, once', async () => {
    const told: string[] = [];
    const line = (details: object, message: string) => void told.push(`${message} ${JSON.stringify(details)}`);
    await follow({ log: { info: line, warn: line } });
    feed.add(ended('a'));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(told.splice(0)).toEqual(['the push channel of the revocation feed {"up":true}']);
    feed.setFailing(true);
    feed.setConnected(false);
    feed.setConnected(false);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(told.splice(0)).toEqual([
      'the push channel of the revocation feed {"up":false}',
      'the revocation feed does not answer; what is known stays in force {"reason":"the state backend does not answer"}',
    ]);
    feed.setFailing(false);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(told.splice(0)).toEqual(['the revocation feed answers again {}']);
    feed.losePushes(true);
    feed.add(ended('b'));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(feed.calls().snapshots).toBeGreaterThan(1);
    expect(told).toEqual([]);
    feed.loseMemory();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(told).toEqual([
      'the revocation feed has lost its memory; what is known here stays in force {"activeRevocations":2}',
    ]);
  });

  it('is never more than a line of an error', async () => {
    feed.snapshot = () => Promise.reject(new Error('x'.repeat(1_000)));
    expect((await follow()).status().lastError).toBe('x'.repeat(200));
    feed.snapshot = () => Promise.reject('x');
    expect((await follow()).status().lastError).toBe('unknown');
  });
});

describe('the status', () => {
  it('says how old the view is', async () => {
    const revocations = await follow();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(revocations.status()).toMatchObject({
      degraded: false,
      connected: true,
      lastError: undefined,
      snapshots: 1,
    });
    expect(revocations.status().ageMs).toBeLessThanOrEqual(ONE_POLL);
    feed.setFailing(true);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(revocations.status()).toMatchObject({ degraded: true, lastError: 'the state backend does not answer' });
    expect(revocations.status().ageMs).toBeGreaterThanOrEqual(10_000);
    feed.setFailing(false);
    await vi.advanceTimersByTimeAsync(ONE_POLL);
    expect(revocations.status()).toMatchObject({ degraded: false, lastError: undefined });
  });

  it('is degraded while pushes stay away, although the feed answers', async () => {
    const revocations = await follow();
    feed.setConnected(false);
    await vi.advanceTimersByTimeAsync(ONE_POLL);
    expect(revocations.status()).toMatchObject({ degraded: true, connected: false });
    expect(revocations.status().ageMs).toBeLessThanOrEqual(ONE_POLL);
  });

  it('is degraded when the feed hangs, and recovers from it', async () => {
    const revocations = await follow();
    feed.setHanging(true);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(revocations.status()).toMatchObject({ degraded: true, lastError: 'no response within 2000 ms' });
    feed.setHanging(false);
    feed.add(ended('a'));
    await vi.advanceTimersByTimeAsync(3_500);
    expect(revocations.status()).toMatchObject({ degraded: false, lastError: undefined });
  });

  it('does not take a snapshot where the head says that nothing is missing', async () => {
    await follow();
    feed.add(ended('a'));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(feed.calls()).toMatchObject({ snapshots: 1, subscriptions: 1 });
    expect(feed.calls().heads).toBeGreaterThanOrEqual(12);
    expect(vi.getTimerCount()).toBe(1);
  });

  it.each([
    [0, 500],
    [0.5, 625],
  ])('is asked for with jitter %d after %i ms', async (random, ms) => {
    await follow({ random: () => random });
    const before = feed.calls().heads;
    await vi.advanceTimersByTimeAsync(ms - 1);
    expect(feed.calls().heads).toBe(before);
    await vi.advanceTimersByTimeAsync(1);
    expect(feed.calls().heads).toBe(before + 1);
  });
});

describe('the end', () => {
  it('stops listening and asking', async () => {
    const revocations = await follow();
    await revocations.close();
    expect(feed.listeners()).toBe(0);
    const before = feed.calls();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(feed.calls()).toEqual(before);
  });

  it('also when it comes while the subscription is under way', async () => {
    const revocations = createRevocations({ feed });
    await revocations.close();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(feed.listeners()).toBe(0);
    expect(feed.calls().heads).toBe(0);
  });

  it('refuses to poll without a pause', () => {
    expect(() => createRevocations({ feed, pollMs: 0 })).toThrow(RangeError);
  });
});
