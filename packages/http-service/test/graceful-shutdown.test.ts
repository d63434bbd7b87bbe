import { once } from 'node:events';
import { Registry } from 'prom-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createLogger } from '../src/logger.ts';
import { createService, type Service } from '../src/service.ts';
import { openConnection } from './support/raw-connection.ts';

async function service(): Promise<Service> {
  const app = await createService({
    name: 'cups',
    description: 'Cups.',
    logger: createLogger({ service: 'cups', level: 'silent' }),
    metrics: new Registry(),
    checks: [],
    trustedProxies: [],
  });
  app.post('/cups', async () => ({}));
  onTestFinished(() => app.close());
  return app;
}

describe('closing', () => {
  it('finishes open requests and closes their connections', async () => {
    const app = await service();
    const started = Promise.withResolvers<void>();
    const ending = Promise.withResolvers<void>();
    app.addHook('preClose', async () => ending.resolve());
    app.get('/slow', async () => {
      started.resolve();
      await ending.promise;
      return { done: true };
    });
    const address = await app.listen({ host: '127.0.0.1', port: 0 });
    const answer = fetch(`${address}/slow`);
    await started.promise;
    const closed = app.close();
    const received = await answer;
    expect([received.status, received.headers.get('connection')]).toEqual([200, 'close']);
    await closed;
  });

  it.each([
    ['a body that comes drop by drop', 'request', 'POST /cups HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n'],
    ['a head that comes drop by drop', 'connection', 'POST /cups HTTP/1.1\r\nHost: '],
    [
      'an upgraded connection',
      'upgrade',
      'GET /cups HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
    ],
  ])('ends though there is %s', async (_name, event, sent) => {
    const app = await service();
    app.server.on('upgrade', (_request, socket) => socket.on('error', () => {}).write('HTTP/1.1 101 Hi\r\n\r\n'));
    await app.listen({ host: '127.0.0.1', port: 0 });
    const arrived = once(app.server, event);
    const client = openConnection(app);
    client.socket.write(sent);
    client.drip('x');
    await arrived;
    app.shutdown.cutConnectionsAfter(40);
    await app.close();
    await client.closed;
  });
});

describe('draining', () => {
  it('takes new requests, closes each connection after its response, and is over when none is left', async () => {
    const app = await service();
    const address = await app.listen({ host: '127.0.0.1', port: 0 });
    const kept = openConnection(app);
    kept.socket.write('GET /live HTTP/1.1\r\nHost: a\r\n\r\n');
    await expect.poll(kept.received).toContain('"live"');
    expect(kept.received()).not.toMatch(/connection: close/i);

    const drained = app.shutdown.drain(60_000);
    const other = await fetch(`${address}/ready`);
    expect([other.status, other.headers.get('connection'), await other.json()]).toEqual([
      503,
      'close',
      { status: 'ending' },
    ]);
    kept.socket.write('GET /live HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await kept.ended).toMatch(/"live"[\s\S]*connection: close/i);
    kept.socket.end();
    await drained;
  });

  it('is over after its time where a connection stays', async () => {
    const app = await service();
    await app.listen({ host: '127.0.0.1', port: 0 });
    const arrived = once(app.server, 'connection');
    const silent = openConnection(app);
    await arrived;
    await app.shutdown.drain(40);
    silent.socket.destroy();
  });
});
