import { describe, expect, it } from 'vitest';
import { relativeText, timeText } from '../../src/token/time-text.ts';

const now = Date.parse('2026-01-31T12:00:00Z');
const seconds = now / 1_000;

describe('timeText', () => {
  it('says UTC, local time and the distance', () => {
    expect(timeText(seconds + 720, now, 'Asia/Tokyo')).toBe(
      '2026-01-31 12:12:00 UTC, 2026-01-31 21:12:00 local, in 12 min',
    );
  });

  it('says UTC alone where that is the local time', () => {
    expect(timeText(seconds, now, 'UTC')).toBe('2026-01-31 12:00:00 UTC, now');
  });

  it.each([['1'], [null], [Number.NaN], [1e300], [Number.NEGATIVE_INFINITY], [undefined]])('%s is no time', (value) => {
    expect(timeText(value, now)).toBeUndefined();
  });
});

describe('relativeText', () => {
  it.each([
    [1, 'in 1 s'],
    [-59, '59 s ago'],
    [61, 'in 1 min 1 s'],
    [3_600, 'in 1 h'],
    [-(3_600 * 25 + 61), '1 d 1 h ago'],
    [3_605, 'in 1 h'],
    [86_400 * 400, 'in 400 d'],
  ])('%d seconds from now: %s', (distance, text) => {
    expect(relativeText(seconds + distance, now)).toBe(text);
  });
});
