import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalDate } from '../../src/values/calendar-date.ts';
import { sameJson, withoutNulls } from '../../src/values/json-values.ts';
import { plainText } from '../../src/values/plain-text.ts';

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

describe('texts', () => {
  it.each([
    ['# Head\n- **bold** _it_ `code`', 'Head\nbold it code'],
    ['![alt](a.png) [text](http://x.test/a)', 'alt text'],
    ['<p class="x">a</p><script>alert(1)</script>b', 'a b'],
    ['<b>h</b>eron, <i class="x">grey</i>.<br>stork', 'heron, grey. stork'],
    ['2 < 3 and 5 > 4', '2 < 3 and 5 > 4'],
    ['1. one\n> two', 'one\ntwo'],
  ])('%j reads %j', (text, expected) => {
    expect(plainText(text)).toBe(expected);
  });

  it.each(['<a', '[[[', '<script>', '![', '*', '<p <p', '<b <b', '<b '])('%s many times takes no long time', (part) => {
    const begun = performance.now();
    plainText(part.repeat(200_000 / part.length));
    expect(performance.now() - begun).toBeLessThan(2_000);
  });
});
