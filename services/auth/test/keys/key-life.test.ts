import { describe, expect, it } from 'vitest';
import { hasRoomForKey, type LivingKey, planKeys, RETIRING_MS } from '../../src/keys/key-life.ts';

const DAY = 86_400_000;
const schedule = { rotationMs: 30 * DAY, publishMs: DAY };
const key = (state: LivingKey['state'], stateSince: number, dueAt?: number): LivingKey => ({
  kid: state,
  state,
  stateSince,
  dueAt,
});
const nothing = { remove: [], activate: undefined, create: false };

describe('planKeys', () => {
  it.each<[string, LivingKey[], number, object]>([
    ['makes a next key at once', [key('active', 0)], 1, { create: true }],
    ['waits for the schedule', [key('active', 0), key('next', 0)], 30 * DAY - 1, {}],
    ['rotates by the schedule', [key('active', 0), key('next', 0)], 30 * DAY, { activate: 'next' }],
    ['never lets a key sign that is fresh', [key('active', 0), key('next', 30 * DAY)], 31 * DAY - 1, {}],
    ['lets it sign when it was published', [key('active', 0), key('next', 30 * DAY)], 31 * DAY, { activate: 'next' }],
    ['hears an operator', [key('active', 0), key('next', 0, DAY)], 2 * DAY, { activate: 'next' }],
    ['but not at once', [key('active', 0), key('next', DAY, DAY)], 2 * DAY - 1, {}],
    ['keeps what retires', [key('active', 0), key('next', 0), key('retiring', 0)], RETIRING_MS - 1, {}],
    [
      'and lets it go after the longest token',
      [key('active', 0), key('next', 0), key('retiring', 0)],
      RETIRING_MS,
      { remove: ['retiring'] },
    ],
  ])('%s', (_what, keys, now, expected) => {
    expect(planKeys(keys, schedule, now)).toEqual({ ...nothing, ...expected });
  });

  it('without a schedule makes and rotates nothing by itself', () => {
    const byHand = { ...schedule, rotationMs: undefined };
    expect(planKeys([key('active', 0)], byHand, 900 * DAY)).toEqual(nothing);
    expect(planKeys([key('active', 0), key('next', 0)], byHand, 900 * DAY)).toEqual(nothing);
    expect(planKeys([key('active', 0), key('next', 0, 0)], byHand, DAY).activate).toBe('next');
  });

  it('publishes no more keys than verifiers take', () => {
    const many = (count: number) => [key('active', 0), ...Array.from({ length: count - 1 }, () => key('retiring', 0))];
    expect(planKeys(many(31), schedule, 1).create).toBe(true);
    expect(planKeys(many(32), schedule, 1).create).toBe(false);
    expect([hasRoomForKey(many(31)), hasRoomForKey(many(32))]).toEqual([true, false]);
  });

  it('keeps keys longer than an e-mail link lives', () => {
    expect(RETIRING_MS).toBeGreaterThan(DAY);
  });
});
