import { expect, it } from 'vitest';
import { readPosition, writePosition } from '../../src/queries/cursor.ts';

const entry = '0198c2de-0000-7000-8000-000000000000';

it.each([
  { sort: '', value: 0.0607927143573761, entry, fuzzy: false },
  { sort: '', value: 0, entry, fuzzy: true },
  { sort: '-published_at', value: '2026-11-22T02:20:00.000Z', entry, fuzzy: false },
  { sort: 'price', value: null, entry, fuzzy: false },
])('reads what it wrote: %j', (position) => {
  expect(readPosition(writePosition(position), position.sort)).toEqual(position);
});

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

it.each([
  encoded([1]),
  encoded([1, 'a']),
  encoded(['', '1', 'a', 0]),
  encoded(['', 1, 2, 0]),
  encoded(['', 1, 'a b', 0]),
  encoded(['', 1, '', 0]),
  encoded(['', 1e300, 'a', 0]),
  encoded(['', 1, 'a', 2]),
  encoded(['price', '1', 'a', 0]),
])('rejects %j', (cursor) => {
  expect(() => readPosition(cursor, '')).toThrow('Invalid cursor');
});

it('rejects a rank as a place in another order', () => {
  expect(() => readPosition(encoded(['price', 1, 'a', 0]), 'price')).toThrow('Invalid cursor');
});
