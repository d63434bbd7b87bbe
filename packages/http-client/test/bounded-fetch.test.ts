import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type BoundedRequest, fetchJson, fetchText } from '../src/bounded-fetch.ts';
import { fetch } from '../src/fetch.ts';

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const request = (overrides: Partial<BoundedRequest> = {}): BoundedRequest => ({
  fetch,
  timeoutMs: 5_000,
  maxBytes: 100,
  ...overrides,
});

describe('fetchText', () => {
  it('sends method, headers and body, and gives status, headers and text', async () => {
    const url = await serve(async (incoming, response) => {
      const body = await new Response(incoming as never).text();
      response.writeHead(201, { 'x-seen': String(incoming.headers['x-sent']) }).end(`${incoming.method} ${body}`);
    });
    const response = await fetchText(url, request({ method: 'POST', headers: { 'x-sent': 'yes' }, body: 'words' }));
    expect({ ...response, headers: response.headers.get('x-seen') }).toEqual({
      status: 201,
      headers: 'yes',
      text: 'POST words',
    });
  });

  it.each([301, 302, 303, 307, 308])('does not follow a redirect of status %i', async (status) => {
    const paths: (string | undefined)[] = [];
    const url = await serve((incoming, response) => {
      paths.push(incoming.url);
      response.writeHead(status, { location: '/elsewhere' }).end();
    });
    await expect(fetchText(url, request())).rejects.toMatchObject({ name: 'FetchError', code: 'unreachable' });
    expect(paths).toEqual(['/']);
  });

  it('rejects the response of a fetch that followed a redirect all the same', async () => {
    const redirected = Object.defineProperty(new Response('{}'), 'redirected', { value: true });
    const following = request({ fetch: async () => redirected });
    await expect(fetchText('http://127.0.0.1/', following)).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('takes a body of the bound, and not one byte more', async () => {
    const url = await serve((incoming, response) => response.end('x'.repeat(Number(incoming.headers['x-size']))));
    const sized = (size: number) => fetchText(url, request({ headers: { 'x-size': String(size) } }));
    expect((await sized(100)).text).toHaveLength(100);
    await expect(sized(101)).rejects.toMatchObject({ code: 'too_large' });
  });

  it('stops reading a body that never ends, and closes its connection', async () => {
    let closed: Promise<unknown> | undefined;
    const url = await serve((_, response) => {
      closed = once(response, 'close');
      const send = () => response.write('x'.repeat(1_024), () => response.destroyed || setImmediate(send));
      send();
    });
    await expect(fetchText(url, request())).rejects.toMatchObject({ code: 'too_large' });
    await closed;
  });

  it.each<readonly [string, RequestListener]>([
    ['headers', () => undefined],
    ['a body', (_, response) => void response.writeHead(200, { 'content-length': '10' }).write('{')],
  ])('stops waiting for %s at the deadline', async (_name, listener) => {
    const url = await serve(listener);
    await expect(fetchText(url, request({ timeoutMs: 30 }))).rejects.toMatchObject({ code: 'timeout' });
  });

  it("ends with the caller's signal, and with its reason", async () => {
    const stopping = new AbortController();
    const url = await serve(() => stopping.abort(new Error('stopping')));
    await expect(fetchText(url, request({ signal: stopping.signal }))).rejects.toThrow('stopping');
  });

  it('tells of a connection that breaks within the body', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('{', () => response.destroy());
    });
    await expect(fetchText(url, request())).rejects.toMatchObject({ code: 'unreachable' });
  });

  const refused = Object.assign(new Error('connect refused'), { code: 'ECONNREFUSED' });
  it.each<readonly [string, unknown, string]>([
    ['the cause that fetch hides', new TypeError('fetch failed', { cause: refused }), 'ECONNREFUSED: connect refused'],
    ['the code of an error without a message', Object.assign(new AggregateError([]), { code: 'EX' }), 'EX'],
    ['the message of an error without a code', new Error('broken'), 'broken'],
    ['the start of an endless message', new Error('x'.repeat(1_000)), 'x'.repeat(200)],
    ['unknown for what is no error', 'x', 'unknown'],
  ])('gives as the reason %s', async (_name, cause, message) => {
    const failing = request({ fetch: () => Promise.reject(cause) });
    await expect(fetchText('http://a.test', failing)).rejects.toMatchObject({ code: 'unreachable', message, cause });
  });
});

describe('fetchJson', () => {
  it.each([
    [200, '{"a":1}', { a: 1 }],
    [200, 'null', null],
    [204, '', undefined],
    [404, '{"code":"x"}', { code: 'x' }],
    [502, '<html>', undefined],
  ])('of status %i with the body %j gives %j', async (status, text, body) => {
    const url = await serve((incoming, response) => {
      expect(incoming.headers.accept).toBe('application/json');
      response.writeHead(status).end(text);
    });
    expect(await fetchJson(url, request())).toMatchObject({ status, body });
  });

  it('rejects a success that is not JSON, without quoting it', async () => {
    const url = await serve((_, response) => response.end('token=secret'));
    const error: unknown = await fetchJson(url, request()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'not_json', cause: undefined, message: expect.not.stringContaining('secret') });
  });
});
