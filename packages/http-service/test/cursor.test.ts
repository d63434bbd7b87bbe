import { describe, expect, it } from 'vitest';
import { type CursorValues, isTexts, MAX_CURSOR_LENGTH, readCursor, writeCursor } from '../src/cursor.ts';

const anything = (values: CursorValues): values is CursorValues => true;
const encoded = (text: string) => Buffer.from(text).toString('base64url');

describe('a cursor', () => {
  it.each([[['a', 1.5, null, 'ö']], [[]]])('gives back what it was made of: %j', (values) => {
    expect(readCursor(writeCursor(values), anything)).toEqual(values);
  });

  it('is undefined at the start of a list', () => {
    expect(readCursor(undefined, anything)).toBeUndefined();
  });

  it.each([
    ['is empty', ''],
    ['is not base64url', '["a"]'],
    ['is base64', Buffer.from('["??>"]').toString('base64')],
    ['is padded', `${encoded('["ab"]')}==`],
    ['has a trailing character', `${encoded('["a"]')}A`],
    ['is not JSON', encoded('a')],
    ['is cut off', encoded('["a"')],
    ['is not an array', encoded('{"length":1}')],
    ['holds an object', encoded('[{}]')],
    ['holds an array', encoded('[[]]')],
    ['holds a truth value', encoded('[true]')],
    ['holds a number without end', encoded('[1e999]')],
    ['holds NUL', encoded('["\\u0000"]')],
    ['holds half of a surrogate pair', encoded('["\\ud800"]')],
    ['is too long', encoded(JSON.stringify(['a'.repeat(MAX_CURSOR_LENGTH)]))],
  ])('is rejected where it %s', (_name, text) => {
    expect(() => readCursor(text, anything)).toThrow(
      expect.objectContaining({ code: 'invalid_cursor', statusCode: 400 }),
    );
  });

  it('is rejected where it is of another list', () => {
    for (const values of [['a'], ['a', 'b', 'c'], ['a', 1], ['a', null]]) {
      expect(() => readCursor(writeCursor(values), isTexts(2))).toThrow('Invalid cursor');
    }
    expect(readCursor(writeCursor(['a', 'b']), isTexts(2))).toEqual(['a', 'b']);
  });
});
