import { describe, expect, it, vi } from 'vitest';
import { eachWithAFeed, ended, feed, follow, ONE_POLL, session } from './followed-feed.ts';

eachWithAFeed();

describe('a revocation takes effect', () => {
  it('that was made before the start', async () => {
    feed.add(ended('a'));
    const revocations = await follow();
    await revocations.ready;
    expect(revocations.reasonToRefuse(session('a'))).toBe('session_ended');
    expect(revocations.reasonToRefuse(session('b'))).toBeUndefined();
  });

  it('the moment that it is pushed', async () => {
    const revocations = await follow();
    feed.add(ended('a'));
    expect(revocations.reasonToRefuse(session('a'))).toBe('session_ended');
    expect(revocations.status().sequence).toBe(1);
  });

  it('although its push was lost', async () => {
    const revocations = await follow();
    feed.losePushes(true);
    feed.add(ended('a'));
    expect(revocations.reasonToRefuse(session('a'))).toBeUndefined();
    await vi.advanceTimersByTimeAsync(ONE_POLL);
    expect(revocations.reasonToRefuse(session('a'))).toBe('session_ended');
  });

  it('although the push before it was lost, both of them, at once', async () => {
    const revocations = await follow();
    feed.losePushes(true);
    feed.add(ended('a'));
    feed.losePushes(false);
    feed.add(ended('b'));
    expect(revocations.reasonToRefuse(session('b'))).toBe('session_ended');
    await vi.advanceTimersByTimeAsync(0);
    expect(revocations.reasonToRefuse(session('a'))).toBe('session_ended');
    expect(revocations.status().sequence).toBe(2);
  });

  it('that was made while the connection was away, as soon as it is back', async () => {
    const revocations = await follow();
    feed.setConnected(false);
    feed.setFailing(true);
    feed.add(ended('a'));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(revocations.reasonToRefuse(session('a'))).toBeUndefined();
    feed.setFailing(false);
    feed.setConnected(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(revocations.reasonToRefuse(session('a'))).toBe('session_ended');
  });

  it('that was made while pushes stayed away without a word, within a poll', async () => {
    const revocations = await follow();
    feed.setFailing(true);
    feed.losePushes(true);
    await vi.advanceTimersByTimeAsync(5_000);
    feed.add(ended('a'));
    feed.setFailing(false);
    await vi.advanceTimersByTimeAsync(ONE_POLL);
    expect(revocations.reasonToRefuse(session('a'))).toBe('session_ended');
  });

  it('although the feed could not be reached at the start', async () => {
    feed.setFailing(true);
    feed.add(ended('a'));
    const revocations = await follow();
    await revocations.ready;
    expect(revocations.status()).toMatchObject({ ageMs: undefined, degraded: true, connected: false });
    feed.setFailing(false);
    await vi.advanceTimersByTimeAsync(ONE_POLL);
    expect(revocations.reasonToRefuse(session('a'))).toBe('session_ended');
    feed.add(ended('b'));
    expect(revocations.reasonToRefuse(session('b'))).toBe('session_ended');
    expect(revocations.status()).toMatchObject({ degraded: false, connected: true });
  });

  it('that comes while a snapshot is under way that does not hold it', async () => {
    const revocations = await follow();
    const held = Promise.withResolvers<void>();
    const snapshot = feed.snapshot;
    feed.snapshot = async (now) => {
      const taken = await snapshot(now);
      await held.promise;
      return taken;
    };
    feed.setConnected(true);
    await vi.advanceTimersByTimeAsync(0);
    feed.losePushes(true);
    feed.add(ended('a'));
    feed.losePushes(false);
    feed.add(ended('b'));
    feed.snapshot = snapshot;
    held.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(revocations.reasonToRefuse(session('a'))).toBe('session_ended');
    expect(revocations.reasonToRefuse(session('b'))).toBe('session_ended');
  });
});

describe('what is revoked stays revoked', () => {
  it.each([
    ['pushed to us', () => undefined],
    ['noticed by the poll', () => feed.losePushes(true)],
  ])('when the backend loses its memory and begins a new epoch, %s', async (_, prepare) => {
    const revocations = await follow();
    feed.add(ended('a'));
    feed.loseMemory();
    prepare();
    feed.add(ended('b'));
    await vi.advanceTimersByTimeAsync(ONE_POLL);
    expect(revocations.reasonToRefuse(session('a'))).toBe('session_ended');
    expect(revocations.reasonToRefuse(session('b'))).toBe('session_ended');
    expect(revocations.status()).toMatchObject({ sequence: 1, degraded: false });
  });

  it('when a new epoch has as many entries as the old one', async () => {
    const revocations = await follow();
    feed.add(ended('a'));
    feed.losePushes(true);
    feed.loseMemory();
    feed.add(ended('b'));
    await vi.advanceTimersByTimeAsync(ONE_POLL);
    expect(revocations.reasonToRefuse(session('a'))).toBe('session_ended');
    expect(revocations.reasonToRefuse(session('b'))).toBe('session_ended');
  });

  it('when the backend forgets its newest entries, and what it appends in their place counts', async () => {
    const revocations = await follow();
    for (const id of ['a', 'b', 'c']) feed.add(ended(id));
    feed.loseTail(2);
    feed.add(ended('d'));
    for (const id of ['a', 'b', 'c', 'd']) expect(revocations.reasonToRefuse(session(id)), id).toBe('session_ended');
    await vi.advanceTimersByTimeAsync(ONE_POLL);
    expect(revocations.status().sequence).toBe(2);
  });

  it('when the feed cannot be reached for an hour', async () => {
    const revocations = await follow();
    feed.add(ended('a'), Date.now() + 3_600_001);
    feed.setConnected(false);
    feed.setFailing(true);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(revocations.reasonToRefuse(session('a'))).toBe('session_ended');
  });
});

describe('what can be forgotten', () => {
  it('is forgotten after its end', async () => {
    const revocations = await follow();
    feed.add(ended('a'), Date.now() + 40_000);
    feed.add(ended('b'), Date.now() + 300_000);
    await vi.advanceTimersByTimeAsync(39_000);
    expect(revocations.status().activeRevocations).toBe(2);
    await vi.advanceTimersByTimeAsync(32_000);
    expect(revocations.status().activeRevocations).toBe(1);
    expect(revocations.reasonToRefuse(session('b'))).toBe('session_ended');
  });

  it('is melted down when there is too much of it', async () => {
    const revocations = await follow({ maxRevocations: 3 });
    for (const id of ['a', 'b', 'c']) feed.add(ended(id));
    expect(revocations.reasonToRefuse(session('d'))).toBeUndefined();
    feed.add(ended('e'));
    expect(revocations.reasonToRefuse(session('d'))).toBe('all_not_before');
    expect(revocations.status().activeRevocations).toBe(0);
  });
});

describe('a revoked key', () => {
  it('work without a callback', async () => {
    const revocations = await follow();
    feed.add({ kind: 'kid', id: 'key' });
    expect(revocations.reasonToRefuse(session('a'))).toBe('key_revoked');
  });

  it('is told once, however it is learnt', async () => {
    const told: string[] = [];
    feed.add({ kind: 'kid', id: 'k1' });
    await follow({ onKeyRevoked: (kid) => told.push(kid) });
    feed.add({ kind: 'kid', id: 'k2' });
    feed.add(ended('a'));
    feed.setConnected(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(told).toEqual(['k1', 'k2']);
  });
});
