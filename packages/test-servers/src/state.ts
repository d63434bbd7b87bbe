import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import type {} from './provided-servers.ts';

/** The run's Redis with a key prefix of one's own, or undefined where there is none: see redisUnavailableReason. */
export function testRedis(): { readonly url: string; readonly prefix: string } | undefined {
  const { redis } = inject('gaiaServers');
  return 'url' in redis ? { url: redis.url, prefix: `test-${randomBytes(6).toString('hex')}` } : undefined;
}

/** For the contract suites: as testRedis, in the container where there is one; `name` says which it is. */
export function contractRedis(): { readonly url: string; readonly prefix: string; readonly name: string } | undefined {
  const { containers } = inject('gaiaServers');
  const own = testRedis();
  if (containers === undefined) return own && { ...own, name: 'redis-server' };
  return { url: containers.redisUrl, prefix: `test-${randomBytes(6).toString('hex')}`, name: containers.redis };
}

/** Why testRedis() gives undefined; for the names of skipped tests. */
export function redisUnavailableReason(): string | undefined {
  const { redis } = inject('gaiaServers');
  return 'unavailable' in redis ? redis.unavailable : undefined;
}
