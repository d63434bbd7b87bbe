import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { invalidUnicodePath, isValidUnicode } from '../src/invalid-unicode.ts';

describe('texts', () => {
  it('can be stored unless they hold NUL or half a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(isValidUnicode(text)).toBe(!text.includes('\u0000'));
        expect(isValidUnicode(`${text}\u0000`)).toBe(false);
        expect(isValidUnicode(`${text}\udc00`)).toBe(false);
      }),
    );
  });

  it.each([
    [{ a: [{ b: 'x\u0000' }] }, '/a/0/b'],
    [{ '\ud800': 1 }, ''],
    [{ a: 'x', b: [1, null, true] }, undefined],
    [Object.assign(Object.create(null), { a: '\ud800' }), '/a'],
    [Buffer.from([0]), undefined],
  ])('%o: at %s', (value, path) => {
    expect(invalidUnicodePath(value)).toBe(path);
  });
});
