import fc from 'fast-check';
import { expect, it } from 'vitest';
import { inexactNumberIn, isExactNumber } from '../src/exact-numbers.ts';

it.each([
  '0',
  '1',
  '-1',
  '1.10',
  '1e3',
  '1E-7',
  '100000000000000000000',
  '9007199254740992',
  '0.1',
  '5e-324',
  '0.0',
  '0e5',
])('takes %s', (source) => {
  expect(isExactNumber(source)).toBe(true);
  expect(inexactNumberIn(`{"a":[${source}]}`)).toBeUndefined();
});

it.each([
  '-0',
  '-0.0',
  '-0e1',
  '1e999',
  '-1e999',
  '1e-999',
  '9007199254740993',
  '0.1000000000000000055',
  '1.0000000000000001',
])('finds %s, and where it stands', (source) => {
  expect(inexactNumberIn(`{"a":[1,{"b/c":${source}}]}`)).toEqual({ path: '/a/1/b~1c', source });
});

it('leaves texts alone that look like such numbers', () => {
  expect(inexactNumberIn('{"a":"9007199254740993 -0 1e999","b":"\\" -0"}')).toBeUndefined();
});

it('takes every number that a program writes', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(inexactNumberIn(JSON.stringify({ value }))).toBeUndefined();
    }),
  );
});
