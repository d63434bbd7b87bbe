import { describe, expect, it } from 'vitest';
import { writeHead } from '../../src/wire/request-head.ts';

const get = { method: 'GET', path: '/cms/x?y=1', headers: [], body: null };

describe('the head of a request', () => {
  it('is written as it is, with the service’s own name', () => {
    expect(writeHead({ ...get, headers: ['accept', '*/*', 'x-name', 'caf\xe9'] }, 'cms:8082')).toBe(
      'GET /cms/x?y=1 HTTP/1.1\r\nhost: cms:8082\r\nconnection: keep-alive\r\naccept: */*\r\nx-name: caf\xe9\r\n\r\n',
    );
  });

  it.each([
    ['POST', null, [], 'content-length: 0\r\n'],
    ['PUT', null, [], 'content-length: 0\r\n'],
    ['POST', null, ['content-length', '0'], 'content-length: 0\r\n'],
    ['POST', Buffer.from('abc'), [], 'content-length: 3\r\n'],
    ['POST', Buffer.from('abc'), ['content-length', '3'], 'content-length: 3\r\n'],
    ['DELETE', null, [], ''],
  ])('of %s tells the length of its body once', (method, body, headers, expected) => {
    const head = writeHead({ ...get, method, body, headers }, 'cms');
    expect(head.match(/content-length.*\r\n/g)?.join('') ?? '').toBe(expected);
  });

  it.each([
    ['a line break in a value', { ...get, headers: ['x-gaia-site', 'a\r\nx-forwarded-for: 1'] }],
    ['a bare LF in a value', { ...get, headers: ['x-gaia-site', 'a\nb'] }],
    ['NUL in a value', { ...get, headers: ['x-gaia-site', 'a\0'] }],
    ['a character beyond one byte', { ...get, headers: ['x-gaia-site', 'a\u010a'] }],
    ['a space in the path', { ...get, path: '/a b' }],
    ['a line break in the path', { ...get, path: '/a HTTP/1.1\r\n\r\nGET /' }],
    ['a path that is none', { ...get, path: 'http://other/' }],
  ])('is not written with %s', (_name, request) => {
    expect(() => writeHead(request, 'cms')).toThrow(TypeError);
  });
});
