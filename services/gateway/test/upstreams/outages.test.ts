import type { RequestListener } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openGateway } from '../support/gateway.ts';
import { answerJson, echo, readAll, serve } from '../support/servers.ts';

/** Takes connections and says nothing on them, as a paused container does. */
async function frozen(port = 0): Promise<{ readonly port: number; thaw(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const thaw = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(thaw);
  return { port: (server.address() as { port: number }).port, thaw };
}

const polling = { timeout: 20_000, interval: 50 };

describe('an unresponsive service', () => {
  it('is 503 with Retry-After for all requests that wait for it, and is back by itself', async () => {
    const cms = await frozen();
    const gateway = await openGateway({ env: { CMS_URL: `http://127.0.0.1:${cms.port}` } });
    const answers = await Promise.all([
      gateway.send('/cms/x'),
      gateway.send('/cms/x', { method: 'POST', headers: { authorization: 'Bearer x' }, body: '{}' }),
      gateway.send('/cms/feed?wait=30'),
    ]);
    for (const answer of answers) {
      expect(answer.json()).toMatchObject({ status: 503, code: 'upstream_unavailable', service: 'cms' });
      expect(answer.headers['retry-after']).toBe('1');
    }
    expect((await gateway.send('/cms/x')).status).toBe(503);
    expect((await gateway.send('/search')).status).toBe(200);
    await cms.thaw();
    await serve(echo('cms'), cms.port);
    await vi.waitFor(async () => expect((await gateway.send('/cms/x')).status).toBe(200), polling);
  });

  it('being auth, is 503 for what the gateway itself asks of it', async () => {
    const auth = await frozen();
    const gateway = await openGateway({ env: { AUTH_URL: `http://127.0.0.1:${auth.port}` } });
    const answer = await gateway.send('/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"email":"ann@example.org","password":"right"}',
    });
    expect(answer.json()).toMatchObject({ status: 503, code: 'upstream_unavailable' });
  });

  it('leaves the work to its other replica', async () => {
    const [one, two] = [await frozen(), await serve(echo('cms'))];
    const gateway = await openGateway({ env: { CMS_URL: `http://127.0.0.1:${one.port},${two.origin}` } });
    const answers = await Promise.all(Array.from({ length: 4 }, () => gateway.send('/cms/x')));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });
});

describe('a service that takes its time', () => {
  it('is waited for', async () => {
    const started = Promise.withResolvers<() => void>();
    let asked = 0;
    const cms = await serve(
      (incoming, outgoing) => {
        if (incoming.url !== '/live') return started.resolve(() => answerJson(outgoing, 200, {}));
        asked += 1;
        answerJson(outgoing, 200, {});
      },
      0,
      { saysItself: true },
    );
    const gateway = await openGateway({ env: { CMS_URL: cms.origin } });
    const answer = gateway.send('/cms/feed?wait=30');
    const finish = await started.promise;
    // Two health checks: had the response to the first not counted, the request would have failed by now.
    await vi.waitFor(() => expect(asked).toBeGreaterThanOrEqual(2), polling);
    finish();
    expect((await answer).status).toBe(200);
  });
});

const draining: RequestListener = (_, outgoing) => answerJson(outgoing, 200, {}, { connection: 'close' });

describe('a service that restarts', () => {
  it.each([
    ['GET', undefined],
    ['POST', '{"a":1}'],
  ])('having announced its shutdown, is waited for with a %s', async (method, body) => {
    const first = await serve(draining, 0, { saysItself: true });
    const gateway = await openGateway({ env: { CMS_URL: first.origin } });
    expect((await gateway.send('/cms/x')).status).toBe(200);
    await first.close();
    const headers = { authorization: 'Bearer x' };
    const held = gateway.send('/cms/x', { method, headers, ...(body !== undefined && { body }) });
    const seen: string[] = [];
    await serve(async (incoming, outgoing) => {
      seen.push((await readAll(incoming)).toString());
      answerJson(outgoing, 200, {});
    }, first.port);
    expect((await held).status).toBe(200);
    expect(seen).toEqual([body ?? '']);
  });

  it('is not waited for where that is set so', async () => {
    const first = await serve(draining, 0, { saysItself: true });
    const gateway = await openGateway({ env: { CMS_URL: first.origin, UPSTREAM_RESTART_WAIT_MS: '0' } });
    expect((await gateway.send('/cms/x')).status).toBe(200);
    await first.close();
    expect((await gateway.send('/cms/x')).status).toBe(503);
  });
});
