import { randomBytes } from 'node:crypto';
import { openState } from '@gaia/state/open';
import type { BenchRedis } from './redis.ts';

const FAMILIES = 5_000;
const DAY_MS = 86_400_000;

/** Bytes that one login of a usual browser takes in Redis, its place in the user's list included. */
export async function bytesPerFamily(redis: BenchRedis): Promise<number> {
  const state = openState({ redisUrl: redis.url, now: Date.now, log: { info: () => {}, warn: () => {} } });
  const before = await redis.usedBytes();
  for (let index = 0; index < FAMILIES; index += 1) {
    const now = Date.now();
    const family = {
      sid: randomBytes(16).toString('base64url'),
      sub: `019aa5b2-0000-7000-8000-${String(index % (FAMILIES / 2)).padStart(12, '0')}`,
      site: 'site-a.localhost',
      clientId: 'gaia',
      amr: ['pwd'],
      userAgent:
        'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0 Safari/537.36',
      address: '203.0.113.77',
      createdAt: now,
      sequence: 1,
      rotatedAt: now,
      absoluteEnd: now + 30 * DAY_MS,
    };
    await state.families.create(family, 7 * DAY_MS, now);
  }
  const bytes = ((await redis.usedBytes()) - before) / FAMILIES;
  await state.close();
  return bytes;
}
