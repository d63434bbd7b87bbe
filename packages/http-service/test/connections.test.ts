import { Registry } from 'prom-client';
import { Type } from 'typebox';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectionsOf } from '../src/graceful-shutdown.ts';
import { createLogger } from '../src/logger.ts';
import { problem } from '../src/problem.ts';
import { createService, type Service, type ServiceOptions } from '../src/service.ts';
import { openConnection } from './support/raw-connection.ts';

/** A service that refuses before it reads a body at `/refused`, and reads it at `/read`. */
async function listeningService(options: Partial<ServiceOptions> = {}): Promise<Service> {
  const app = await createService({
    name: 'cups',
    description: 'Cups.',
    logger: createLogger({ service: 'cups', level: 'silent' }),
    metrics: new Registry(),
    checks: [],
    trustedProxies: [],
    bodyLimit: 1_000,
    ...options,
  });
  app.post('/refused', { onRequest: (_request, _reply, done) => done(problem('bad_request')) }, async () => ({}));
  app.post('/read', { schema: { body: Type.Object({}, { additionalProperties: false }) } }, async () => ({
    read: true,
  }));
  app.get('/never', async (_request, reply) => void reply.hijack());
  app.post('/raw', { onRequest: (_request, reply) => void reply.hijack().raw.end('raw') }, async () => ({}));
  await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => {
    app.server.closeAllConnections();
    return app.close();
  });
  return app;
}

const head = (lines: readonly string[]): string => `${lines.join('\r\n')}\r\n\r\n`;
const json = ['Host: a', 'Content-Type: application/json'];
const unread = (path: string, ...headers: string[]): string => head([`POST ${path} HTTP/1.1`, ...json, ...headers]);

describe('a response before the body of the request has come', () => {
  it.each([
    ['of a hook', unread('/refused', 'Content-Length: 5000'), 'x', 400],
    ['of a hook, in chunks', unread('/refused', 'Transfer-Encoding: chunked'), '1\r\nx\r\n', 400],
    ['of a path that cannot be decoded', unread('/%zz', 'Content-Length: 5000'), 'x', 400],
    ['to a length over the limit', unread('/read', 'Content-Length: 5000'), 'x', 413],
    ['to an expectation', unread('/read', 'Content-Length: 500', 'Expect: tea'), 'x', 417],
    ['without a Host header', head(['POST /read HTTP/1.1', 'Content-Length: 500']), 'x', 400],
    ['past the framework', unread('/raw', 'Content-Length: 500'), 'x', 200],
  ])('%s closes the connection, however long the client goes on', async (_name, request, piece, status) => {
    const client = openConnection(await listeningService({ lingerMs: 40 }));
    client.socket.write(request);
    const text = await client.ended;
    client.drip(piece);
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(text).toMatch(/\r\nconnection: close\r\n/i);
    await client.closed;
  });

  it('lets the client read it while it sends the rest, and closes when that has come', async () => {
    const app = await listeningService({ lingerMs: 60_000 });
    const client = openConnection(app);
    client.socket.write(unread('/refused', 'Content-Length: 4000000'));
    expect(await client.ended).toMatch(/^HTTP\/1.1 400 [\s\S]*"bad_request"/);
    client.socket.write(Buffer.alloc(4_000_000));
    await expect.poll(() => connectionsOf(app.server)).toBe(0);
  });

  it('keeps the connection of a client whose small body came with its head', async () => {
    const app = await listeningService();
    const client = openConnection(app);
    client.socket.write(`${unread('/refused', 'Content-Length: 2')}{}`);
    await expect.poll(client.received).toMatch(/^HTTP\/1.1 400 [\s\S]*}$/);
    client.socket.write(`${unread('/read', 'Content-Length: 2')}{}`);
    await expect.poll(client.received).toContain('"read"');
    expect(client.received()).not.toMatch(/connection: close/i);
  });
});

describe('what Node would answer by itself', () => {
  const full = 'x'.repeat(20_000);

  it.each([
    ['a broken request line', 'BROKEN\r\n\r\n', 400, 'bad_request'],
    ['an unknown version', head(['GET /live HTTP/7.7', 'Host: a']), 400, 'bad_request'],
    ['two lengths', unread('/read', 'Content-Length: 2', 'Content-Length: 3'), 400, 'bad_request'],
    ['a length in chunks', unread('/read', 'Content-Length: 2', 'Transfer-Encoding: chunked'), 400, 'bad_request'],
    ['a broken chunk', `${unread('/read', 'Transfer-Encoding: chunked')}zz\r\n`, 400, 'bad_request'],
    ['long headers', head(['GET /live HTTP/1.1', 'Host: a', `X-Full: ${full}`]), 431, 'headers_too_large'],
    [
      'long chunk extensions',
      `${unread('/read', 'Transfer-Encoding: chunked')}1;x=${full}\r\n`,
      413,
      'payload_too_large',
    ],
    ['CONNECT', head(['CONNECT a:443 HTTP/1.1', 'Host: a']), 400, 'bad_request'],
    ['no Host', head(['GET /live HTTP/1.1']), 400, 'host_missing'],
    ['an unknown expectation', head(['GET /live HTTP/1.1', 'Host: a', 'Expect: tea']), 417, 'expectation_failed'],
  ])('is a problem: %s', async (_name, request, status, code) => {
    const client = openConnection(await listeningService());
    client.socket.write(request);
    await expect.poll(client.received).toContain(`"code":"${code}"`);
    const [headers = '', body = ''] = client.received().split('\r\n\r\n');
    expect(headers).toMatch(new RegExp(`^HTTP/1.1 ${status} \\w`));
    expect(headers).toMatch(/content-type: application\/problem\+json/i);
    expect(headers).toMatch(/cache-control: no-store/i);
    const document = JSON.parse(body);
    expect(document).toMatchObject({ status, type: `urn:gaia:problem:${code}` });
    expect(headers.toLowerCase()).toContain(`x-request-id: ${document.request_id}`);
  });

  it('answers a request that does not arrive in time, does not serve it later, and closes', async () => {
    const client = openConnection(await listeningService({ requestTimeoutMs: 60 }));
    client.socket.write(unread('/read', 'Content-Length: 500'));
    client.drip('x');
    expect(await client.ended).toMatch(/^HTTP\/1.1 408 [\s\S]*"request_timeout"/);
    await client.closed;
  });

  it('gives no second response to a request that has come whole', async () => {
    const client = openConnection(await listeningService());
    client.socket.write(`${head(['GET /never HTTP/1.1', 'Host: a'])}BROKEN\r\n\r\n`);
    expect(await client.ended).toBe('');
  });

  it('takes HTTP/1.0 without a Host, and its Expect as none', async () => {
    const client = openConnection(await listeningService());
    client.socket.write(head(['GET /live HTTP/1.0', 'Expect: tea']));
    expect(await client.ended).toMatch(/^HTTP\/1.1 200 /);
  });
});
