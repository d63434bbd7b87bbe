import { once } from 'node:events';
import { Writable } from 'node:stream';
import { Registry } from 'prom-client';
import { Type } from 'typebox';
import { afterEach, describe, expect, it } from 'vitest';
import type { HealthCheck } from '../src/health.ts';
import { createLogger } from '../src/logger.ts';
import { defineProblems } from '../src/problem.ts';
import { createService, type Service } from '../src/service.ts';
import { openConnection } from './support/raw-connection.ts';

const problem = defineProblems({ cup_not_found: { status: 404, title: 'There is no such cup' } });

const open: Service[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((app) => app.close()));
});

async function service(checks: readonly HealthCheck[] = []) {
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const app = await createService({
    name: 'cups',
    description: 'Cups.',
    logger: createLogger({ service: 'cups', level: 'info' }, sink),
    metrics: new Registry(),
    checks,
    trustedProxies: [],
    bodyLimit: 1_000,
  });
  const body = Type.Object(
    { name: Type.String({ maxLength: 10 }), size: Type.Optional(Type.Integer()) },
    { additionalProperties: false },
  );
  app.post('/cups', { schema: { body } }, async (request) => request.body);
  app.get(
    '/cups',
    { schema: { querystring: Type.Object({ limit: Type.Integer({ minimum: 1 }) }) } },
    async (request) => request.query,
  );
  app.post('/cups/:id/wash', async () => ({ washed: true }));
  app.get('/cups/:id', async () => {
    throw problem('cup_not_found', { extensions: { cause: 'broken' }, headers: { 'x-kept': 'yes' } });
  });
  app.get('/kept', async (_request, reply) => reply.header('cache-control', 'public, max-age=5').send('kept'));
  app.get('/boom', async () => {
    throw new Error('SELECT secret FROM users');
  });
  app.get('/away', async () => {
    throw Object.assign(new Error('connect ECONNREFUSED 10.0.0.1'), { code: 'state_unavailable' });
  });
  open.push(app);
  return { app, lines };
}

const json = { 'content-type': 'application/json' };

it.each([
  ['/cups?limit=1', 'no-store'],
  ['/kept', 'public, max-age=5'],
  ['/cups/1', 'no-store'],
  ['/openapi.json', 'no-store'],
])('%s is kept by caches as far as it says so: %s', async (url, caching) => {
  const { app } = await service();
  expect((await app.inject(url)).headers['cache-control']).toBe(caching);
});

describe('refusals are problem+json with a stable code', () => {
  it.each([
    ['broken JSON', 'POST', '/cups', json, '{"name":', 400, 'malformed_json'],
    ['an empty body', 'POST', '/cups', json, '', 400, 'malformed_json'],
    ['__proto__', 'POST', '/cups', json, '{"__proto__":{"a":1},"name":"a"}', 400, 'malformed_json'],
    ['deep nesting', 'POST', '/cups', json, `{"name":${'['.repeat(100)}${']'.repeat(100)}}`, 400, 'json_too_deep'],
    ['an endless number', 'POST', '/cups', json, '{"name":"a","size":1e999}', 400, 'validation_failed'],
    ['a number with too many digits', 'POST', '/cups', json, '{"size":9007199254740993}', 400, 'validation_failed'],
    ['a negative zero', 'POST', '/cups', json, '{"name":"a","size":-0}', 400, 'validation_failed'],
    ['a member where no body is', 'POST', '/cups/1/wash', json, '{"hot":true}', 400, 'validation_failed'],
    ['a list where no body is', 'POST', '/cups/1/wash', json, '[]', 400, 'validation_failed'],
    ['a number for a text', 'POST', '/cups', json, '{"name":5}', 400, 'validation_failed'],
    ['a text for a number', 'POST', '/cups', json, '{"name":"a","size":"5"}', 400, 'validation_failed'],
    ['an unknown member', 'POST', '/cups', json, '{"name":"a","role":"owner"}', 400, 'validation_failed'],
    ['a missing member', 'POST', '/cups', json, '{}', 400, 'validation_failed'],
    ['a large body', 'POST', '/cups', json, JSON.stringify({ name: 'a'.repeat(2_000) }), 413, 'payload_too_large'],
    ['another type', 'POST', '/cups', { 'content-type': 'text/csv' }, 'a,b', 415, 'unsupported_media_type'],
    ['plain text', 'POST', '/cups', { 'content-type': 'text/plain' }, '{"name":"a"}', 415, 'unsupported_media_type'],
    ['NUL in a text', 'POST', '/cups', json, '{"name":"a\\u0000"}', 400, 'validation_failed'],
    ['half a character', 'POST', '/cups', json, '{"name":"\\ud800"}', 400, 'validation_failed'],
    ['NUL in a path', 'GET', '/cups/a%00', {}, undefined, 400, 'validation_failed'],
    ['a wrong query', 'GET', '/cups?limit=many', {}, undefined, 400, 'validation_failed'],
    ['an unknown path', 'GET', '/saucers', {}, undefined, 404, 'route_not_found'],
    ['an unknown method', 'PUT', '/cups', json, '{}', 404, 'route_not_found'],
    ['broken percent-encoding', 'GET', '/cups/%ff%zz', {}, undefined, 400, 'bad_request'],
    ['a very long part', 'GET', `/cups/${'a'.repeat(300)}`, {}, undefined, 414, 'uri_too_long'],
    ["a feature's refusal", 'GET', '/cups/1', {}, undefined, 404, 'cup_not_found'],
    ['a fault of ours', 'GET', '/boom', {}, undefined, 500, 'internal_error'],
    ['a backend that is away', 'GET', '/away', {}, undefined, 503, 'unavailable'],
  ] as const)('%s', async (_name, method, url, headers, payload, status, code) => {
    const { app } = await service();
    const answer = await app.inject({ method, url, headers, ...(payload !== undefined && { payload }) });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.json()).toMatchObject({
      code,
      status,
      type: `urn:gaia:problem:${code}`,
      request_id: answer.headers['x-request-id'],
    });
    expect(answer.body).not.toMatch(/SELECT|10\.0\.0\.1|at .*\.ts/);
  });

  it('names the wrong part', async () => {
    const { app } = await service();
    const answer = await app.inject({ method: 'POST', url: '/cups', headers: json, payload: '{"name":"a","a/b":1}' });
    expect(answer.json().errors).toEqual([{ path: '/body/a~1b', message: 'is not known here' }]);
  });

  it('keeps headers and further members of a refusal', async () => {
    const { app } = await service();
    const answer = await app.inject('/cups/1');
    expect(answer.headers['x-kept']).toBe('yes');
    expect(answer.json()).toMatchObject({ cause: 'broken' });
  });
});

describe('requests', () => {
  it.each([
    ['good-request-id', true],
    ['short', false],
    ['with space 123', false],
    ['x'.repeat(65), false],
    ['{"a":1}-------', false],
  ])('takes the request id %j: %s', async (id, kept) => {
    const { app } = await service();
    const answer = await app.inject({ url: '/live', headers: { 'x-request-id': id } });
    expect(answer.headers['x-request-id'] === id).toBe(kept);
  });

  it('are logged in one line without query, headers or body', async () => {
    const { app, lines } = await service();
    await app.inject({ url: '/cups?limit=1&token=hunter2', headers: { authorization: 'Bearer hunter3' } });
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'info',
      service: 'cups',
      method: 'GET',
      path: '/cups',
      status: 200,
    });
    expect(lines.join()).not.toMatch(/hunter/);
  });

  it('are counted by route, not by path', async () => {
    const { app } = await service();
    await app.inject('/cups/12345');
    const metrics = await app.inject('/metrics');
    expect(metrics.body).toContain(
      'gaia_http_request_duration_seconds_count{method="GET",route="/cups/:id",status="404"} 1',
    );
    expect(metrics.body).not.toContain('12345');
  });
});

it('takes a client that breaks off a body for no fault of ours', async () => {
  const { app, lines } = await service();
  app.addContentTypeParser('text/csv', async (_request: unknown, payload: NodeJS.ReadableStream) => {
    for await (const _piece of payload);
  });
  app.post('/upload', async () => ({}));
  const { promise: answered, resolve: answer } = Promise.withResolvers<number>();
  app.addHook('onSend', async (_request, reply) => answer(reply.statusCode));
  await app.listen({ host: '127.0.0.1', port: 0 });
  const arrived = once(app.server, 'request');
  const client = openConnection(app);
  client.socket.write('POST /upload HTTP/1.1\r\nHost: a\r\nContent-Type: text/csv\r\nContent-Length: 5000\r\n\r\nx');
  await arrived;
  client.socket.destroy();
  expect(await answered).toBe(400);
  expect(lines.join()).not.toMatch(/"level":"(error|warn)"/);
});

describe('health', () => {
  const check = (name: string, critical: boolean, status: 'ok' | 'degraded' | 'down'): HealthCheck => ({
    name,
    critical,
    check: () => ({ status }),
  });

  it.each([
    ['all is well', [check('a', true, 'ok')], 200, 'ready'],
    ['a part is degraded', [check('a', true, 'degraded')], 200, 'degraded'],
    ['a part that can be missed is down', [check('a', false, 'down')], 200, 'degraded'],
    ['a critical part is down', [check('a', true, 'down'), check('b', true, 'ok')], 503, 'unavailable'],
    [
      'a check throws',
      [{ name: 'a', critical: true, check: () => Promise.reject(new Error('secret')) }],
      503,
      'unavailable',
    ],
  ])('%s', async (_name, checks, code, status) => {
    const { app } = await service(checks);
    const answer = await app.inject('/ready');
    expect([answer.statusCode, answer.json().status]).toEqual([code, status]);
    expect(answer.body).not.toContain('secret');
  });

  it('is live while it is not ready', async () => {
    const { app } = await service([check('a', true, 'down')]);
    expect((await app.inject('/live')).json()).toEqual({ status: 'live' });
  });
});

describe('logs', () => {
  it('cut secrets out under their usual names', () => {
    const lines: string[] = [];
    const sink = { write: (line: string) => void lines.push(line) };
    const logger = createLogger({ service: 'cups', level: 'info' }, sink);
    logger.info(
      { token: 'hunter1', a: { password: 'hunter2', b: { refresh_token: 'hunter3' } }, authorization: 'hunter4' },
      'x',
    );
    expect(lines.join()).not.toContain('hunter');
  });
});
