import { describe, expect, it } from 'vitest';
import { redisUnavailableReason, testRedis } from '../src/state.ts';

describe('testRedis', () => {
  it('gives a Redis or the reason why there is none', () => {
    expect(testRedis() === undefined).toBe(redisUnavailableReason() !== undefined);
  });

  it.skipIf(!testRedis())('gives each caller a prefix', () => {
    expect(testRedis()?.prefix).not.toBe(testRedis()?.prefix);
  });
});
