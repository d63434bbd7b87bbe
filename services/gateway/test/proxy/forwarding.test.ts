import { describe, expect, it } from 'vitest';
import { openGateway } from '../support/gateway.ts';
import { echo, sendRaw } from '../support/servers.ts';

const spoofed = {
  'X-Forwarded-For': '203.0.113.7',
  'X-Forwarded-Host': 'evil.example',
  'X-Forwarded-Proto': 'https',
  'X-Forwarded-Port': '1',
  'X-Gaia-Site': 'site-b.localhost',
  'X-Real-IP': '203.0.113.7',
  Forwarded: 'for=203.0.113.7',
};

describe('what a service is told', () => {
  it('is the gateway’s word on caller, host and scheme', async () => {
    const gateway = await openGateway();
    gateway.auth.hosts.set('site-a.localhost', 'site-a.localhost');
    const seen = await gateway.seen('/cms/x', { headers: { ...spoofed, Host: 'Site-A.localhost:8080' } });
    expect(seen.headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'site-a.localhost:8080',
      'x-forwarded-proto': 'http',
      'x-gaia-site': 'site-a.localhost',
      'x-request-id': expect.stringMatching(/^[\w-]{36}$/),
      traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/),
    });
    expect(seen.headers).not.toHaveProperty('forwarded');
    expect(seen.headers).not.toHaveProperty('x-real-ip');
    expect(seen.headers).not.toHaveProperty('x-forwarded-port');
    expect(seen.headers.host).not.toContain('site-a');
  });

  it('is a trusted proxy’s word where there is one', async () => {
    const gateway = await openGateway({ env: { TRUSTED_PROXIES: 'loopback' } });
    gateway.auth.hosts.set('cms.example', 'site-a.localhost');
    const headers = { ...spoofed, 'X-Forwarded-For': '198.51.100.1, 203.0.113.7', 'X-Forwarded-Host': 'cms.example' };
    const seen = await gateway.seen('/cms/x', { headers });
    expect(seen.headers).toMatchObject({
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-host': 'cms.example',
      'x-forwarded-proto': 'https',
      'x-gaia-site': 'site-a.localhost',
    });
    expect(seen.headers).not.toHaveProperty('x-forwarded-port');
  });

  it('has no site where the host is none', async () => {
    const gateway = await openGateway();
    const seen = await gateway.seen('/cms/x', { headers: { 'X-Gaia-Site': 'site-a.localhost', X_Gaia_Site: 'x' } });
    expect(Object.keys(seen.headers).filter((name) => name.includes('gaia'))).toEqual([]);
  });

  it.each(['my-request-0001', 'A.b_c-12'])('keeps the request id %s', async (id) => {
    const gateway = await openGateway();
    const answer = await gateway.send('/cms/x', { headers: { 'X-Request-Id': id } });
    expect(answer.json<{ headers: object }>().headers).toMatchObject({ 'x-request-id': id });
    expect(answer.headers['x-request-id']).toBe(id);
  });

  it.each(['short', 'x'.repeat(65), 'with space', '"quoted-id"'])('replaces the request id %s', async (id) => {
    const gateway = await openGateway();
    const seen = await gateway.seen('/cms/x', { headers: { 'X-Request-Id': id } });
    expect(seen.headers['x-request-id']).not.toBe(id);
  });

  it('goes on with a trace', async () => {
    const gateway = await openGateway();
    const trace = '0af7651916cd43dd8448eb211c80319c';
    const headers = { traceparent: `00-${trace}-b7ad6b7169203331-01`, tracestate: 'a=1' };
    const seen = await gateway.seen('/cms/x', { headers });
    expect(seen.headers.traceparent).toContain(trace);
    expect(seen.headers.tracestate).toBe('a=1');
  });

  it('never holds a cookie', async () => {
    const gateway = await openGateway();
    for (const cookie of ['a=b', 'gaia-8080=x', '__Host-gaia=x']) {
      const seen = await gateway.seen('/cms/x', { headers: { cookie, authorization: 'Bearer x' } });
      expect(seen.headers).not.toHaveProperty('cookie');
    }
  });
});

describe('what is refused', () => {
  it('is a second Authorization header, whatever it holds', async () => {
    const gateway = await openGateway({ cms: () => expect.fail('reached the service') });
    for (const other of ['Bearer y', 'Basic y', 'Bearer x', '']) {
      const headers = ['Authorization', 'Bearer x', 'authorization', other];
      const answer = await gateway.send('/cms/x', { headers });
      expect(answer.status).toBe(400);
      expect(answer.json()).toMatchObject({ code: 'duplicate_header' });
    }
  });

  it.each([
    '',
    'a b',
    'a/b',
    'a@b',
    'a\\b',
    'a:b',
    'a:1:2',
    '[::1',
    '[zz]',
    'x..y',
    '.x',
    `${'a.'.repeat(150)}b`,
    'a,b',
    '<a>',
  ])('is the host %j', async (host) => {
    const gateway = await openGateway({ cms: () => expect.fail('reached the service') });
    const raw = await sendRaw(gateway.port, `GET /cms/x HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect(raw).toMatch(/^HTTP\/1\.1 400 /);
  });

  it.each([
    ['both lengths', 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['two lengths', 'Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd'],
    ['a folded header', 'X-A: b\r\n c: d\r\n\r\n'],
    ['a space before the colon', 'Content-Length : 4\r\n\r\nabcd'],
    ['a bare line feed', 'X-A: b\nX-B: c\r\n\r\n'],
    ['two hosts', 'Host: b\r\n\r\n'],
  ])('is a request with %s', async (_name, rest) => {
    const gateway = await openGateway({ cms: () => expect.fail('reached the service') });
    const raw = await sendRaw(gateway.port, `POST /cms/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${rest}`);
    expect(raw).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('what a client gets', () => {
  it('is the answer without what is for one hop only, and without cookies of services', async () => {
    const gateway = await openGateway({
      cms: (_incoming, outgoing) => {
        outgoing.writeHead(207, 'Many', {
          Connection: 'X-Hop',
          'X-Hop': '1',
          'Keep-Alive': 'timeout=9',
          'Set-Cookie': 'gaia=planted',
          'X-Request-Id': 'of-the-service',
          'X-Kept': 'yes',
          Server: 'x',
        });
        outgoing.end('text');
      },
    });
    const answer = await gateway.send('/cms/x');
    expect(answer).toMatchObject({ status: 207, text: 'text' });
    expect(answer.headers).toMatchObject({ 'x-kept': 'yes', ratelimit: expect.any(String) });
    expect(answer.headers).not.toHaveProperty('x-hop');
    expect(answer.headers).not.toHaveProperty('set-cookie');
    expect(answer.headers).not.toHaveProperty('server');
    expect(answer.headers['x-request-id']).toMatch(/^[\w-]{36}$/);
  });

  it.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('has no body for %s %i', async (method, status) => {
    const gateway = await openGateway({
      cms: (_incoming, outgoing) => {
        outgoing.writeHead(status, { etag: '"1"', ...(method === 'HEAD' && { 'content-length': '5' }) }).end();
      },
    });
    const answer = await gateway.send('/cms/x', { method });
    expect(answer).toMatchObject({ status, text: '' });
    expect(answer.headers.etag).toBe('"1"');
    if (method === 'HEAD') expect(answer.headers['content-length']).toBe('5');
  });

  it('is a body of any type, byte for byte, though the gateway knows how to read some', async () => {
    const gateway = await openGateway();
    for (const type of [
      'application/json',
      'application/x-www-form-urlencoded',
      'text/plain',
      'multipart/form-data; boundary=x',
      'x/y',
    ]) {
      const body = '{"not": json, \r\n\u0001';
      const seen = await gateway.seen('/cms/x', { method: 'POST', headers: { 'content-type': type }, body });
      expect(seen.body).toBe(body);
      expect(seen.headers).toMatchObject({ 'content-type': type, 'content-length': String(body.length) });
    }
  });

  it('passes bodies on unsafe methods without a type, chunked ones and empty ones', async () => {
    const gateway = await openGateway();
    expect((await gateway.seen('/cms/x', { method: 'DELETE', body: 'abc' })).body).toBe('abc');
    expect((await gateway.seen('/cms/x', { method: 'POST' })).body).toBe('');
    const chunked = { method: 'PUT', headers: { 'Transfer-Encoding': 'chunked' }, body: 'abc' };
    expect((await gateway.seen('/cms/x', chunked)).body).toBe('abc');
    expect(
      (await gateway.seen('/cms/x', { method: 'POST', headers: { Expect: '100-continue' }, body: 'abc' })).body,
    ).toBe('abc');
  });
});

it('passes a body whole that comes in several pieces', async () => {
  const gateway = await openGateway();
  for (const pieces of [
    ['a'],
    ['a', 'b', 'c'],
    ['x'.repeat(20_000), 'y'.repeat(20_000), 'z'],
    Array(300).fill('0123'),
  ]) {
    const chunks = pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join('');
    const head = 'POST /cms/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n';
    const raw = await sendRaw(gateway.port, `${head}${chunks}0\r\n\r\n`);
    const seen = JSON.parse(/\{.*\}/s.exec(raw)?.[0] ?? '') as { body: string };
    expect(seen.body).toBe(pieces.join(''));
  }
});

it('knows a host with another name, port or case as the same site', async () => {
  const gateway = await openGateway({ cms: echo('cms') });
  gateway.auth.hosts.set('site-a.localhost', 'site-a.localhost');
  for (const host of ['site-a.localhost', 'SITE-A.localhost:99', 'site-a.localhost.']) {
    expect((await gateway.seen('/cms/x', { headers: { host } })).headers['x-gaia-site']).toBe('site-a.localhost');
  }
});
