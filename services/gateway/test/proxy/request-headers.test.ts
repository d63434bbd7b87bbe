import { describe, expect, it } from 'vitest';
import { sortRequestHeaders } from '../../src/proxy/request-headers.ts';
import { responseHeaders } from '../../src/proxy/response-headers.ts';

const passed = (...headers: string[]) => sortRequestHeaders(['Host', 'localhost', ...headers]).passed;

describe('sortRequestHeaders', () => {
  it.each([
    ['Accept', 'text/html'],
    ['Accept-Language', 'fr'],
    ['Content-Type', 'application/json'],
    ['Content-Length', '3'],
    ['If-Match', '"1"'],
    ['Range', 'bytes=0-1'],
    ['Origin', 'http://localhost'],
    ['User-Agent', 'x'],
    ['X-Custom', 'y'],
    ['Some_Thing', 'z'],
  ])('passes %s', (name, value) => {
    expect(passed(name, value)).toEqual([name.toLowerCase(), value]);
  });

  it.each([
    'Connection',
    'Keep-Alive',
    'Proxy-Connection',
    'Proxy-Authenticate',
    'Proxy-Authorization',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Upgrade',
    'HTTP2-Settings',
  ])('keeps the hop-by-hop %s', (name) => {
    expect(passed(name, 'close', 'X-Custom', 'y')).toEqual(['x-custom', 'y']);
  });

  it.each([
    'Cookie',
    'Expect',
    'Forwarded',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Forwarded-Proto',
    'X-Forwarded-User',
    'X-Forwarded-Anything',
    'x_forwarded_for',
    'X-Forwarded_For',
    'X_Gaia_Site',
    'X-Gaia-Site',
    'X-Gaia-Identity',
    'x-gaia-',
    'X-Real-IP',
    'X_Real_IP',
    'True-Client-IP',
    'CF-Connecting-IP',
    'X-Request-Id',
    'Traceparent',
    'Tracestate',
    'X-Original-URL',
    'X-Rewrite-URL',
    'X-HTTP-Method-Override',
    'X-Method-Override',
    'Remote-User',
    'X-Remote-User',
    'X-Auth-Request-User',
    'X-CSRF-Token',
    'Proxy',
  ])('keeps back %s', (name) => {
    expect(passed(name, '1.2.3.4', 'X-Custom', 'y')).toEqual(['x-custom', 'y']);
  });

  it('keeps what Connection names', () => {
    expect(passed('Connection', 'keep-alive, X-Custom', 'X-Custom', 'y', 'X-Other', 'z')).toEqual(['x-other', 'z']);
    expect(passed('X-Custom', 'y', 'Connection', 'close', 'connection', ' x-custom ,')).toEqual([]);
  });

  it.each([
    'Authorization',
    'Host',
    'Content-Length',
    'Content-Type',
    'Cookie',
    'Origin',
    'Sec-Fetch-Site',
    'X-CSRF-Token',
    'X-Request-Id',
  ])('refuses a Connection header that names %s', (name) => {
    expect(() => passed('Connection', `close, ${name}`)).toThrow(
      expect.objectContaining({ code: 'connection_header_refused' }),
    );
  });

  it.each(['Authorization', 'Host', 'Content-Type', 'Content-Length', 'Origin', 'Sec-Fetch-Site', 'X-CSRF-Token'])(
    'refuses %s twice',
    (name) => {
      expect(() => sortRequestHeaders([name, 'a', name.toUpperCase(), 'a'])).toThrow(
        expect.objectContaining({ code: 'duplicate_header' }),
      );
    },
  );

  it('gives Authorization and all cookies apart', () => {
    const sorted = sortRequestHeaders(['Authorization', 'Bearer x', 'Cookie', 'a=1', 'cookie', 'b=2']);
    expect(sorted).toEqual({ authorization: 'Bearer x', cookie: 'a=1; b=2', passed: [] });
    expect(sortRequestHeaders(['Authorization', '']).authorization).toBe('');
  });

  it('bounds their number', () => {
    const many = Array.from({ length: 129 }, (_, index) => [`x-${index}`, 'y']).flat();
    expect(() => sortRequestHeaders(many)).toThrow(expect.objectContaining({ code: 'too_many_headers' }));
    expect(sortRequestHeaders(many.slice(2)).passed).toHaveLength(256);
  });
});

describe('responseHeaders', () => {
  it('passes what is for the client, repeated headers included', () => {
    expect(responseHeaders({ 'content-type': 'text/plain', link: ['<a>', '<b>'] }, [])).toEqual([
      'content-type',
      'text/plain',
      'link',
      '<a>',
      'link',
      '<b>',
    ]);
  });

  it.each([
    'connection',
    'keep-alive',
    'transfer-encoding',
    'upgrade',
    'trailer',
    'set-cookie',
    'server',
    'x-powered-by',
  ])('keeps %s', (name) => {
    expect(responseHeaders({ [name]: 'close', etag: '"1"' }, [])).toEqual(['etag', '"1"']);
  });

  it('keeps what Connection names', () => {
    expect(responseHeaders({ 'x-hop': '1', connection: 'close, X-Hop', etag: '"1"' }, [])).toEqual(['etag', '"1"']);
  });
});
