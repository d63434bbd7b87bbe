import { describe, expect, it } from 'vitest';
import { openState } from '../src/open.ts';

describe('openState', () => {
  it.each([
    [undefined, 'memory'],
    ['redis://127.0.0.1:1', 'redis'],
  ])('with the URL %s gives state of kind %s at once', async (redisUrl, kind) => {
    const state = openState({ redisUrl, now: Date.now });
    expect(state.kind).toBe(kind);
    await state.close();
  });

  it('throws for a URL that cannot be used, and does not repeat it', () => {
    expect(() => openState({ redisUrl: 'http://user:hunter2@redis', now: Date.now })).toThrow(/^(?!.*hunter2)/s);
  });
});
