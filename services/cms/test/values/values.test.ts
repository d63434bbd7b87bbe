import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalDate } from '../../src/values/calendar-date.ts';
import { compareDecimals, isDecimal } from '../../src/values/decimal.ts';
import { sameJson, withoutNulls } from '../../src/values/json-values.ts';

describe('dates', () => {
  it.each([
    ['2026-02-28', '2026-02-28'],
    ['2024-02-29', '2024-02-29'],
    ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000Z'],
    ['2026-01-01t01:30:00.5+01:30', '2026-01-01T00:00:00.500Z'],
    ['2026-12-31T23:59:59-00:01', '2027-01-01T00:00:59.000Z'],
    ['2026-02-29', undefined],
    ['2026-13-01', undefined],
    ['0000-01-01', undefined],
    ['2026-1-1', undefined],
    ['2026-01-01T24:00:00Z', undefined],
    ['2026-01-01T00:00:60Z', undefined],
    ['2026-01-01T00:00:00', undefined],
    ['2026-01-01T00:00:00+24:00', undefined],
    ['0001-01-01T00:00:00+23:00', undefined],
    ['9999-12-31T23:59:59-01:00', undefined],
    ['+12026-01-01', undefined],
    ['', undefined],
  ])('%s is %s', (text, expected) => {
    expect(canonicalDate(text)).toBe(expected);
  });

  it('sort as texts as they do as times', () => {
    const date = fc.date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true });
    fc.assert(
      fc.property(date, date, (one, other) => {
        const [a, b] = [canonicalDate(one.toISOString()) ?? '', canonicalDate(other.toISOString()) ?? ''];
        expect(Math.sign(one.getTime() - other.getTime())).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
    );
  });
});

describe('JSON values', () => {
  it('are the same whatever the order of members, and only then', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const copy = JSON.parse(JSON.stringify(value));
        expect(sameJson(JSON.parse(JSON.stringify(value)), copy)).toBe(true);
        expect(sameJson({ a: copy, b: 1 }, { b: 1, a: copy })).toBe(true);
        expect(sameJson([copy], [copy, null])).toBe(false);
        expect(sameJson({ a: copy }, { b: copy })).toBe(false);
      }),
    );
  });

  it('lose the nulls of objects, not those of lists', () => {
    expect(withoutNulls({ a: null, b: { c: null, d: [null, { e: null }] } })).toEqual({ b: { d: [null, {}] } });
  });
});

describe('decimals', () => {
  it.each(['0', '19.90', '-0.5', '1', '0.00', '12345678901234567890123456789012345678', `0.${'0'.repeat(37)}1`])(
    '%s is one',
    (text) => expect(isDecimal(text)).toBe(true),
  );
  it.each([
    '',
    '-',
    '+1',
    '01',
    '.5',
    '1.',
    '1e3',
    '-0',
    '-0.00',
    ' 1',
    '1,5',
    'NaN',
    'Infinity',
    '1'.repeat(39),
    `0.${'1'.repeat(39)}`,
    '١',
  ])('%j is none', (text) => expect(isDecimal(text)).toBe(false));
  it('compare as numbers', () => {
    const sorted = ['-1.5', '-1.05', '0', '0.1', '1.10', '9', '10'];
    for (const [index, one] of sorted.entries()) {
      for (const [other, text] of sorted.entries()) expect(compareDecimals(one, text)).toBe(Math.sign(index - other));
    }
    expect(compareDecimals('1.10', '1.1')).toBe(0);
  });
});
