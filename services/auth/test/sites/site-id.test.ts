import { describe, expect, it } from 'vitest';
import { isSiteId, readHost } from '../../src/sites/site-id.ts';

describe('isSiteId', () => {
  it.each(['localhost', 'site-a.localhost', 'a.b.c.example', '1.example', 'x'.repeat(63)])('takes %s', (text) => {
    expect(isSiteId(text)).toBe(true);
  });
  it.each([
    '',
    '.',
    'a..b',
    '-a',
    'a-',
    'A',
    'a_b',
    'a b',
    'a/b',
    'a:1',
    'a\n',
    'ä',
    'x'.repeat(64),
    `${'x.'.repeat(127)}x`,
  ])('refuses %j', (text) => {
    expect(isSiteId(text)).toBe(false);
  });
});

describe('readHost', () => {
  it.each([
    ['Site-A.localhost:8080', 'site-a.localhost'],
    ['site-a.localhost.', 'site-a.localhost'],
    ['127.0.0.1:80', '127.0.0.1'],
    ['[::1]:80', undefined],
    ['a:b', undefined],
    ['a@b', undefined],
    ['', undefined],
    ['x'.repeat(300), undefined],
  ])('reads %s as %s', (text, host) => {
    expect(readHost(text)).toBe(host);
  });
});
