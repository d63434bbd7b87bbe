import { describe, expect, it } from 'vitest';
import { durationText, readDuration } from '../src/duration.ts';

describe('readDuration', () => {
  it.each([
    ['90s', 90],
    ['15m', 900],
    ['1h', 3_600],
    ['0s', 0],
    ['999999h', 3_599_996_400],
  ])('%s is %d seconds', (raw, seconds) => {
    expect(readDuration(raw)).toBe(seconds);
  });

  it.each([[''], ['15'], ['m'], ['-1m'], ['1.5h'], ['1 h'], ['1d'], ['1H'], ['1000000s'], ['1h30m'], ['١s']])(
    '%s is none',
    (raw) => {
      expect(readDuration(raw)).toBeUndefined();
    },
  );
});

describe('durationText', () => {
  it.each([
    [0, '0s'],
    [90, '90s'],
    [900, '15m'],
    [86_400, '24h'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });
});
