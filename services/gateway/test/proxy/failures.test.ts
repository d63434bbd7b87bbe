import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { openGateway } from '../support/gateway.ts';
import { answerJson, echo, send, serve } from '../support/servers.ts';

/** A port at which nothing listens. */
async function deadOrigin(): Promise<string> {
  const server = await serve(() => {});
  await server.close();
  return server.origin;
}

describe('a service that does not answer', () => {
  it('is 503 upstream_unavailable with Retry-After, and the others go on', async () => {
    const gateway = await openGateway({ env: { CMS_URL: await deadOrigin() } });
    const answer = await gateway.send('/cms/x', { headers: { authorization: 'Bearer x' } });
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.json()).toEqual({
      type: 'urn:gaia:problem:upstream_unavailable',
      title: expect.any(String),
      status: 503,
      code: 'upstream_unavailable',
      service: 'cms',
      request_id: answer.headers['x-request-id'],
    });
    expect((await gateway.send('/search?q=x')).status).toBe(200);
  });

  it('is 503 for a request with a body too, which the client may finish sending', async () => {
    const gateway = await openGateway({ env: { ASSETS_URL: await deadOrigin() } });
    const answer = await gateway.send('/assets/x', { method: 'POST', body: Buffer.alloc(4 * 1024 * 1024) });
    expect(answer.status).toBe(503);
  });

  it('is 503 where its name is unknown', async () => {
    const gateway = await openGateway({ env: { CMS_URL: 'http://no-such-host.invalid:1' } });
    expect((await gateway.send('/cms/x')).json()).toMatchObject({ status: 503, code: 'upstream_unavailable' });
  });

  it('being auth, leaves bearer requests to the others alone', async () => {
    const gateway = await openGateway({ env: { AUTH_URL: await deadOrigin() } });
    const seen = await gateway.seen('/cms/x', { headers: { authorization: 'Bearer x' } });
    expect(seen.headers.authorization).toBe('Bearer x');
    expect(seen.headers).not.toHaveProperty('x-gaia-site');
    expect((await gateway.send('/auth/login', { method: 'POST', body: '{}' })).status).toBe(503);
    const login = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"email":"a","password":"b"}',
    };
    expect((await gateway.send('/session', login)).json()).toMatchObject({ status: 503, code: 'upstream_unavailable' });
  });

  it('is 504 upstream_timeout when it takes too long', async () => {
    const gateway = await openGateway({ env: { UPSTREAM_HEADERS_TIMEOUT_MS: '50' }, cms: () => {} });
    expect((await gateway.send('/cms/x')).json()).toMatchObject({
      status: 504,
      code: 'upstream_timeout',
      service: 'cms',
    });
  });

  it('does not block the ones that answer', async () => {
    const gateway = await openGateway({ cms: () => {} });
    const hanging = Array.from({ length: 50 }, () => gateway.send('/cms/x').catch(() => undefined));
    expect((await gateway.send('/search')).status).toBe(200);
    gateway.app.server.closeAllConnections();
    await Promise.all(hanging);
  });
});

describe('a service that breaks off', () => {
  it('before its answer is asked once more, if nothing can have changed', async () => {
    let calls = 0;
    const gateway = await openGateway({
      cms: (incoming, outgoing) => {
        calls += 1;
        if (calls === 1) incoming.socket.destroy();
        else answerJson(outgoing, 200, {});
      },
    });
    expect((await gateway.send('/cms/x')).status).toBe(200);
    expect(calls).toBe(2);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('before its answer to %s is 503 and asked once', async (method) => {
    let calls = 0;
    const gateway = await openGateway({
      cms: (incoming) => {
        calls += 1;
        incoming.socket.destroy();
      },
    });
    const answer = await gateway.send('/cms/x', { method, headers: { authorization: 'Bearer x' }, body: '{}' });
    expect(answer.json()).toMatchObject({ status: 503, code: 'upstream_unavailable' });
    expect(calls).toBe(1);
  });

  it.each([
    ['a length', { 'content-length': '1000' }],
    ['chunks', {}],
  ])('within an answer with %s cuts the client off, so that half is never taken for whole', async (_name, headers) => {
    const gateway = await openGateway({
      cms: (incoming, outgoing) => {
        outgoing.writeHead(200, headers as Record<string, string>);
        outgoing.write('half', () => incoming.socket.destroy());
      },
    });
    await expect(gateway.send('/cms/x')).rejects.toThrow(/aborted|hang up|ECONNRESET/);
  });

  it('with something that is not HTTP is 502', async () => {
    const { createServer } = await import('node:net');
    const server = createServer((socket) => socket.end('hello\r\n\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const gateway = await openGateway({ env: { CMS_URL: `http://127.0.0.1:${port}` } });
    expect((await gateway.send('/cms/x')).json()).toMatchObject({ status: 502, code: 'upstream_failed' });
    server.close();
  });

  it('is not asked over a connection that it has closed meanwhile', async () => {
    const cms = await serve(echo('cms'));
    const gateway = await openGateway({ env: { CMS_URL: cms.origin } });
    expect((await gateway.send('/cms/x')).status).toBe(200);
    await cms.close();
    await serve(echo('cms'), cms.port);
    expect((await gateway.send('/cms/x')).status).toBe(200);
  });
});

describe('a client that goes away', () => {
  it('while it waits ends the request to the service', async () => {
    let closed = false;
    let arrived = false;
    const gateway = await openGateway({
      cms: (_incoming, outgoing) => {
        arrived = true;
        outgoing.on('close', () => {
          closed = true;
        });
      },
    });
    const request = httpRequest(`${gateway.origin}/cms/x`).on('error', () => {});
    request.end();
    await vi.waitFor(() => expect(arrived).toBe(true), { timeout: 15_000 });
    request.destroy();
    await vi.waitFor(() => expect(closed).toBe(true), { timeout: 15_000 });
    expect((await gateway.send('/search')).status).toBe(200);
  });

  it('within its body ends the request to the service', async () => {
    let incoming: IncomingMessage | undefined;
    let aborted = false;
    const gateway = await openGateway({
      assets: (request) => {
        incoming = request;
        request.resume().on('error', () => {
          aborted = true;
        });
      },
    });
    const socket = connect(gateway.port, '127.0.0.1', () => {
      // More than what is gathered before the service is asked.
      const head = 'POST /assets/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n';
      socket.write(head + 'x'.repeat(90_000));
    });
    await vi.waitFor(() => expect(incoming).toBeDefined(), { timeout: 15_000 });
    socket.destroy();
    await vi.waitFor(() => expect(aborted).toBe(true), { timeout: 15_000 });
  });

  it('within an answer ends it at the service', async () => {
    let closed = false;
    const gateway = await openGateway({
      assets: (_incoming, outgoing) => {
        outgoing.on('close', () => {
          closed = true;
        });
        outgoing.writeHead(200).write('begun');
      },
    });
    const request = httpRequest(`${gateway.origin}/assets/x`, (incoming) => {
      incoming.on('error', () => {});
      incoming.once('data', () => request.destroy());
    }).on('error', () => {});
    request.end();
    await vi.waitFor(() => expect(closed).toBe(true), { timeout: 15_000 });
  });

  it('is aborted when it stalls within its body', async () => {
    const gateway = await openGateway({ env: { CLIENT_IDLE_TIMEOUT_MS: '100' } });
    const closed = new Promise<boolean>((resolve) => {
      const socket = connect(gateway.port, '127.0.0.1', () => {
        socket.write('POST /cms/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nabc');
      });
      socket.on('close', () => resolve(true)).resume();
    });
    expect(await closed).toBe(true);
    const others = async () => expect((await send(gateway.origin, '/search')).status).toBe(200);
    await vi.waitFor(others, { timeout: 20_000 });
  });
});
