import { createTestIssuer, type TestIssuer } from '@gaia/testing/issuer';
import { afterEach, beforeEach, onTestFinished, vi } from 'vitest';
import { createJwksCache, type JwksCacheOptions } from '../src/jwks-cache.ts';

export const SECOND = 1_000;
export const HOUR = 3_600 * SECOND;

const signingKey = (await createTestIssuer()).key;

/** The issuer of the running test; its clock stands still but for what the test does. */
export let issuer: TestIssuer;

/** Gives every test of the file an issuer and timers of its own. */
export function eachWithAnIssuer(): void {
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    issuer = await createTestIssuer({ signingKey });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}

/** A cache of the issuer's keys, closed with the test. */
export function cacheOf(options: Partial<JwksCacheOptions> = {}) {
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
