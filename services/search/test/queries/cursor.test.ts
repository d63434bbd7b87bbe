import { expect, it } from 'vitest';
import { readPosition, writePosition } from '../../src/queries/cursor.ts';

it('reads what it wrote', () => {
  const position = { rank: 0.0607927143573761, entry: '0198c2de-0000-7000-8000-000000000000' };
  expect(readPosition(writePosition(position))).toEqual(position);
});

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

it.each([
  encoded([1]),
  encoded(['1', 'a']),
  encoded([1, 2]),
  encoded([1, 'a b']),
  encoded([1, '']),
  encoded([1e300, 'a']),
])('rejects %j', (cursor) => {
  expect(() => readPosition(cursor)).toThrow('Invalid cursor');
});
