import type { Revocation } from '@gaia/state/state';
import { createTestIssuer } from '@gaia/testing/issuer';
import { afterEach, beforeEach, onTestFinished, vi } from 'vitest';
import { createRevocations, type RevocationsOptions } from '../src/revocations.ts';
import { identityOfClaims } from '../src/token-identity.ts';
import { createFakeFeed, type FakeFeed } from './fake-feed.ts';

export const issuer = await createTestIssuer();

/** The feed of the running test; time stands still but for what the test does. */
export let feed: FakeFeed;

/** Gives every test of the file a feed and timers of its own. */
export function eachWithAFeed(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    feed = createFakeFeed(Date.now);
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}

/** A follower of the feed, closed with the test. */
export async function follow(options: Partial<RevocationsOptions> = {}) {
  const revocations = createRevocations({ feed, random: () => 0.5, pollMs: 500, ...options });
  onTestFinished(() => revocations.close());
  await vi.advanceTimersByTimeAsync(0);
  return revocations;
}

export const ended = (id: string): Revocation => ({ kind: 'sid', id });
export const session = (id: string) => identityOfClaims(issuer.claimsFor({ sessionId: id }), 'key');

/** Longest time until a poll, whatever the jitter: answers of the fake feed are immediate. */
export const ONE_POLL = 750;
