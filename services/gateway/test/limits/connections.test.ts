import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createLogger } from '@gaia/http-service/logger';
import { createService } from '@gaia/http-service/service';
import { Registry } from 'prom-client';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { limitBodyTime } from '../../src/limits/body-deadline.ts';
import { limitConnections } from '../../src/limits/connections.ts';
import { createClock, openGateway } from '../support/gateway.ts';
import { answerJson } from '../support/servers.ts';

const eventually = { timeout: 20_000 };

function open(port: number): { readonly socket: Socket; received(): string; readonly closed: Promise<unknown> } {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  return { socket, received: () => text, closed: new Promise((resolve) => socket.on('close', resolve)) };
}

const request = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

describe('connections', () => {
  it.each([
    ['of all', { MAX_CONNECTIONS: '2' }],
    ['of one address', { MAX_CONNECTIONS_PER_ADDRESS: '2' }],
  ])('%s are no more than allowed, and one that ends makes way', async (_name, env) => {
    const gateway = await openGateway({ env });
    const kept = [open(gateway.port), open(gateway.port)];
    for (const { socket, received } of kept) {
      socket.write(request('/live'));
      await vi.waitFor(() => expect(received()).toContain('live'), eventually);
    }
    const third = open(gateway.port);
    third.socket.write(request('/live'));
    await third.closed;
    expect(third.received()).toBe('');
    kept[0]?.socket.destroy();
    await vi.waitFor(async () => expect((await gateway.send('/live')).status).toBe(200), eventually);
  });

  it('behind a trusted proxy are not counted by its address', async () => {
    const env = { MAX_CONNECTIONS_PER_ADDRESS: '1', TRUSTED_PROXIES: 'loopback' };
    const gateway = await openGateway({ env });
    const kept = open(gateway.port);
    kept.socket.write(request('/live'));
    await vi.waitFor(() => expect(kept.received()).toContain('live'), eventually);
    expect((await gateway.send('/live')).status).toBe(200);
  });

  it('on which the head comes drop by drop are ended', async () => {
    const server = createServer((_, outgoing) => outgoing.end());
    limitConnections(server, { most: 10, mostOfAddress: 10, idleMs: 60_000, headMs: 100, lookEveryMs: 20 });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const slow = open((server.address() as AddressInfo).port);
    slow.socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nX-');
    const drip = setInterval(() => slow.socket.write('a'), 20);
    await slow.closed;
    clearInterval(drip);
  });
});

describe('a body that comes drop by drop', () => {
  it.each([
    ['with a length', '/cms/x', 'Content-Length: 100000', 'abc', 'd'],
    ['in chunks', '/cms/x', 'Transfer-Encoding: chunked', '3\r\nabc\r\n', '1\r\nd\r\n'],
    ['to log in', '/auth/login', 'Content-Length: 5000', 'abc', 'd'],
  ])('%s is 408, ends the connection, and holds none to the service', async (_name, path, header, first, next) => {
    const clock = createClock();
    let reached = false;
    const gateway = await openGateway({
      now: clock.now,
      cms: () => {
        reached = true;
      },
    });
    const slow = open(gateway.port);
    slow.socket.write(`POST ${path} HTTP/1.1\r\nHost: localhost\r\n${header}\r\n\r\n${first}`);
    const drip = setInterval(() => {
      clock.advance(31_000);
      slow.socket.write(next);
    }, 50);
    await vi.waitFor(() => expect(slow.received()).toContain('request_too_slow'), eventually);
    clearInterval(drip);
    expect(slow.received()).toMatch(/^HTTP\/1\.1 408 [\s\S]*\r\nconnection: close\r\n/i);
    await slow.closed;
    expect(reached).toBe(false);
    expect(gateway.auth.calls.filter((call) => call.path === path)).toEqual([]);
  });

  it('for the gateway itself is 408 after its time, and the session is not opened when the rest comes', async () => {
    const app = await createService({
      name: 'gateway',
      description: 'Forms.',
      logger: createLogger({ service: 'gateway', level: 'silent' }),
      metrics: new Registry(),
      checks: [],
      trustedProxies: [],
    });
    onTestFinished(() => app.close());
    limitBodyTime(app, 40);
    const handler = vi.fn(async () => ({}));
    app.post('/session', handler);
    await app.listen({ host: '127.0.0.1', port: 0 });
    const slow = open((app.server.address() as AddressInfo).port);
    slow.socket.write(
      'POST /session HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{',
    );
    await vi.waitFor(() => expect(slow.received()).toContain('request_too_slow'), eventually);
    slow.socket.write('}');
    await slow.closed;
    expect(slow.received()).toMatch(/^HTTP\/1\.1 408 /);
    expect(handler).not.toHaveBeenCalled();
  });
});

describe('the end of the gateway', () => {
  it('drops no request of a client that keeps its connections', async () => {
    const gateway = await openGateway({
      env: { RATE_LIMIT: 'off', DRAIN_MS: '20000' },
      cms: (_, outgoing) => void setTimeout(answerJson, 5, outgoing, 200, { hello: 'world' }),
    });
    let [answered, dropped] = [0, 0];
    async function client(): Promise<void> {
      for (;;) {
        const { socket, received, closed } = open(gateway.port);
        const refused = await once(socket, 'connect').then(
          () => false,
          () => true,
        );
        if (refused) return;
        for (let before = 0, last = false; !last; before = received().length) {
          socket.write(request('/cms/x'));
          const answer = (): string => received().slice(before);
          const whole = vi.waitFor(() => expect(answer()).toContain('world'), { ...eventually, interval: 1 });
          await Promise.race([whole.catch(() => {}), closed]);
          if (!answer().includes('world')) {
            dropped += 1;
            return;
          }
          answered += 1;
          last = /\r\nconnection: close\r\n/i.test(answer());
        }
        await closed;
      }
    }
    const clients = Array.from({ length: 16 }, client);
    await vi.waitFor(() => expect(answered).toBeGreaterThan(100), eventually);
    const closed = gateway.app.close();
    await Promise.all([closed, ...clients]);
    expect(dropped).toBe(0);
  });
});
