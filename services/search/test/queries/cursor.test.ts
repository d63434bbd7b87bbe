import { expect, it } from 'vitest';
import { readCursor, writeCursor } from '../../src/queries/cursor.ts';

it('reads what it wrote', () => {
  const position = { rank: 0.0607927143573761, entry: '0198c2de-0000-7000-8000-000000000000' };
  expect(readCursor(writeCursor(position))).toEqual(position);
});

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

it.each([
  '',
  '!!!',
  'bnVsbA',
  encoded([1]),
  encoded(['1', 'a']),
  encoded([1, 2]),
  encoded([1, 'a b']),
  encoded([1, '']),
  encoded([1e300, 'a']),
  encoded({ 0: 1, 1: 'a', length: 2 }),
])('refuses %j', (cursor) => {
  expect(readCursor(cursor)).toBeUndefined();
});
