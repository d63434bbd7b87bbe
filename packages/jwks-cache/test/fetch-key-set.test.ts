import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fetchKeySet, type KeySetRequest, maxAgeSeconds } from '../src/fetch-key-set.ts';
import { KeySetRefused } from '../src/key-set.ts';

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
}

function requestFor(url: string, overrides: Partial<KeySetRequest> = {}): KeySetRequest {
  return {
    url,
    fetch,
    etag: undefined,
    signal: new AbortController().signal,
    timeoutMs: 5_000,
    maxBytes: 100,
    ...overrides,
  };
}

describe('fetchKeySet', () => {
  it('gives the text, the ETag and the freshness', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { etag: '"a"', 'cache-control': 'public, max-age=300, stale-if-error=86400' }).end('{}');
    });
    expect(await fetchKeySet(requestFor(url))).toEqual({ text: '{}', etag: '"a"', maxAgeSeconds: 300 });
  });

  it('asks for JSON, and with the ETag that it has', async () => {
    let seen: Record<string, unknown> = {};
    const url = await serve((request, response) => {
      seen = request.headers;
      response.end('{}');
    });
    await fetchKeySet(requestFor(url, { etag: '"a"' }));
    expect(seen).toMatchObject({ accept: 'application/jwk-set+json, application/json', 'if-none-match': '"a"' });
    await fetchKeySet(requestFor(url));
    expect(seen).not.toHaveProperty('if-none-match');
  });

  it('says so when the document has not changed, and keeps its ETag', async () => {
    const url = await serve((_, response) => response.writeHead(304, { 'cache-control': 'max-age=60' }).end());
    expect(await fetchKeySet(requestFor(url, { etag: '"a"' }))).toEqual({
      text: undefined,
      etag: '"a"',
      maxAgeSeconds: 60,
    });
  });

  it.each([304, 404, 500, 503, 204, 206])('refuses status %i', async (status) => {
    const url = await serve((_, response) => response.writeHead(status).end());
    await expect(fetchKeySet(requestFor(url))).rejects.toThrow(KeySetRefused);
  });

  it('does not follow a redirect', async () => {
    let followed = false;
    const url = await serve((request, response) => {
      followed ||= request.url === '/elsewhere';
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    await expect(fetchKeySet(requestFor(url))).rejects.toThrow();
    expect(followed).toBe(false);
  });

  it('refuses a document over the bound', async () => {
    const url = await serve((_, response) => response.end('x'.repeat(101)));
    await expect(fetchKeySet(requestFor(url))).rejects.toMatchObject({ code: 'too_large' });
  });

  it('stops at the deadline of the request', async () => {
    const url = await serve(() => undefined);
    await expect(fetchKeySet(requestFor(url, { timeoutMs: 30 }))).rejects.toMatchObject({ code: 'timeout' });
  });
});

describe('maxAgeSeconds', () => {
  it.each([
    [{}, undefined],
    [{ 'cache-control': 'public' }, undefined],
    [{ 'cache-control': 'max-age=300' }, 300],
    [{ 'cache-control': 'Public, Max-Age="120"' }, 120],
    [{ 'cache-control': 's-maxage=9,max-age=60' }, 60],
    [{ 'cache-control': 's-maxage=9' }, undefined],
    [{ 'cache-control': 'x-max-age=9' }, undefined],
    [{ 'cache-control': 'max-age=-5' }, undefined],
    [{ 'cache-control': 'max-age=soon' }, undefined],
    [{ 'cache-control': 'max-age=300', age: '100' }, 200],
    [{ 'cache-control': 'max-age=300', age: '400' }, 0],
    [{ 'cache-control': 'max-age=300', age: 'old' }, 300],
    [{ 'cache-control': 'no-store' }, 0],
    [{ 'cache-control': 'no-cache, max-age=300' }, 0],
    [{ 'cache-control': 'max-age=300, no-store' }, 0],
    [{ 'cache-control': 'no-storey, max-age=300' }, 300],
  ])('of %j is %s', (headers, expected) => {
    expect(maxAgeSeconds(new Headers(headers as Record<string, string>))).toBe(expected);
  });
});
