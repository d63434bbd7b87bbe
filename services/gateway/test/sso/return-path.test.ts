import { describe, expect, it } from 'vitest';
import { readReturnPath } from '../../src/sso/return-path.ts';

describe('where a browser may be led after signing in', () => {
  it.each([
    '/',
    '/a',
    '/a/b',
    '/a/b/',
    '/a?x=1&y=%20z',
    '/@me',
    '/a.b/c~d',
    '/sso/authorize?host=b.localhost&nonce=x-_',
  ])('takes %s', (path) => expect(readReturnPath(path)).toBe(path));

  it.each([
    '',
    'a',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\/evil.example',
    '\\\\evil.example',
    '/a//b',
    '/a\\b',
    '@evil.example',
    'http://evil.example',
    'HTTP://evil.example',
    'https:evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    'site-b.localhost:9999/',
    ':9999/',
    '/%0d%0aSet-Cookie:x=1',
    '/%0D%0A',
    '/a%2f%2fevil.example',
    '/a?x=%0d%0aLocation:y',
    '/a?x=%250d',
    '/a?x=%5c',
    '/a\r\nSet-Cookie: x=1',
    '/a\tb',
    '/a\0',
    '/a b',
    '/../..',
    '/..//evil.example',
    '/./a',
    '/a#b',
    '/a<b',
    '/a"b',
    '/\u00e4',
    '/\u2028',
    ` ${'/a'}`,
    `/${'a'.repeat(512)}`,
  ])('refuses %j', (path) => expect(readReturnPath(path)).toBeUndefined());

  it.each([undefined, null, 1, ['/a'], {}])('refuses what is no text: %j', (value) =>
    expect(readReturnPath(value)).toBeUndefined(),
  );
});
