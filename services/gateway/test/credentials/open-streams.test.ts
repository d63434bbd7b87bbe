import { createServer, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createOpenStreams } from '../../src/credentials/open-streams.ts';
import { signIn } from '../support/browser.ts';
import { createClock, openGateway, type TestGateway } from '../support/gateway.ts';

const waitOptions = { timeout: 10_000 };

function tokenOf(claims: Record<string, unknown>): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  return `${encode({ kid: 'k1' })}.${encode({ sub: 'u1', sid: 's1', jti: 'j1', iat: 1_000, exp: 2_000, ...claims })}.x`;
}

/** A gateway before a service that streams events, and takes WebSockets, without end. */
async function streaming(clock = createClock()): Promise<TestGateway> {
  const gateway = await openGateway({
    now: clock.now,
    cms: (_, outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      outgoing.write('data: one\n\n');
    },
    assets: (_, outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'application/octet-stream' });
      outgoing.write('a long file');
    },
  });
  return gateway;
}

interface Stream {
  /** Resolves when something has come. */
  readonly begun: Promise<void>;
  isClosed(): boolean;
}

function listen(gateway: TestGateway, headers: Record<string, string>, path = '/cms/events'): Stream {
  let closed = false;
  const begun = new Promise<void>((resolve, reject) => {
    const all = { host: 'localhost', ...headers };
    const sent = request({ port: gateway.port, host: '127.0.0.1', path, agent: false, headers: all }, (incoming) => {
      incoming
        .once('data', () => resolve())
        .on('close', () => {
          closed = true;
        });
      incoming.on('error', () => {});
    });
    sent.on('error', reject).end();
    onTestFinished(() => void sent.destroy());
  });
  return { begun, isClosed: () => closed };
}

async function revoke(gateway: TestGateway, revocation: Parameters<TestGateway['state']['revocations']['append']>[0]) {
  await gateway.state.revocations.append(revocation, Date.now() + 86_400_000, Date.now());
}

describe('an event stream', () => {
  it.each([
    ['its login ends', { kind: 'sid', id: 's1' } as const],
    ['its token is revoked', { kind: 'jti', id: 'j1' } as const],
    ['its key is compromised', { kind: 'kid', id: 'k1' } as const],
    ['its user is signed out everywhere', { kind: 'sub', id: 'u1', notBefore: 4_000_000_000 } as const],
  ])('of a bearer is closed when %s; another one stays', async (_name, revocation) => {
    const gateway = await streaming();
    const exp = Math.floor(Date.now() / 1_000) + 900;
    const bearer = (claims: object) => ({ authorization: `Bearer ${tokenOf({ exp, ...claims })}` });
    const stream = listen(gateway, bearer({}));
    const other = listen(gateway, { authorization: 'Bearer nobody-knows-this' });
    const download = listen(gateway, bearer({}), '/assets/1');
    await Promise.all([stream.begun, other.begun, download.begun]);
    await revoke(gateway, revocation);
    await vi.waitFor(() => expect(stream.isClosed()).toBe(true), waitOptions);
    expect([other.isClosed(), download.isClosed()]).toEqual([false, false]);
  });

  it('of a bearer is closed when the token expires', async () => {
    const clock = createClock();
    const gateway = await streaming(clock);
    const stream = listen(gateway, {
      authorization: `Bearer ${tokenOf({ exp: Math.floor(clock.now() / 1_000) + 60 })}`,
    });
    await stream.begun;
    clock.advance(61_000);
    await vi.waitFor(() => expect(stream.isClosed()).toBe(true), waitOptions);
  });

  it('of a session goes on when its token is renewed, and is closed when it ends', async () => {
    const clock = createClock();
    const gateway = await streaming(clock);
    const session = await signIn(gateway);
    const stream = listen(gateway, { cookie: session.cookie });
    await stream.begun;
    clock.advance(901_000);
    await vi.waitFor(() => expect(gateway.auth.count('/auth/refresh')).toBe(1), waitOptions);
    expect(stream.isClosed()).toBe(false);
    await revoke(gateway, { kind: 'sid', id: [...gateway.auth.families.keys()][0] ?? '' });
    await vi.waitFor(() => expect(stream.isClosed()).toBe(true), waitOptions);
  });

  it('of a session is closed when its token expires and there is no other', async () => {
    const clock = createClock();
    const gateway = await streaming(clock);
    const session = await signIn(gateway);
    const stream = listen(gateway, { cookie: session.cookie });
    await stream.begun;
    gateway.auth.families.clear();
    clock.advance(901_000);
    await vi.waitFor(() => expect(stream.isClosed()).toBe(true), waitOptions);
  });
});

it('a WebSocket is closed when its session ends', async () => {
  const server = createServer();
  const upgraded = new Set<Socket>();
  server.on('upgrade', (_, socket: Socket) => {
    upgraded.add(
      socket
        .on('error', () => {})
        .on('end', () => socket.destroy())
        .resume(),
    );
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of upgraded) socket.destroy();
    server.close();
  });
  const gateway = await openGateway({
    env: { CMS_URL: `http://127.0.0.1:${(server.address() as { port: number }).port}` },
  });
  const session = await signIn(gateway);
  const socket = connect(gateway.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk) => {
    text += chunk;
  });
  const lines = ['Host: localhost', 'Origin: http://localhost', 'Connection: Upgrade', 'Upgrade: websocket'];
  socket.write(`GET /cms/live HTTP/1.1\r\n${lines.join('\r\n')}\r\nCookie: ${session.cookie}\r\n\r\n`);
  await vi.waitFor(() => expect(text).toContain('hello'), waitOptions);
  expect(socket.closed).toBe(false);
  await revoke(gateway, { kind: 'sub', id: 'u1', notBefore: 4_000_000_000 });
  await vi.waitFor(() => expect(socket.closed).toBe(true), waitOptions);
  await vi.waitFor(() => expect([...upgraded].every((one) => one.destroyed)).toBe(true), waitOptions);
});

describe('the watch', () => {
  it('ends with the stream, and needs a JWT', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    let revoked = false;
    const reasonToRefuse = () => (revoked ? ('session_ended' as const) : undefined);
    const streams = createOpenStreams({ revocations: { reasonToRefuse }, now: () => 0 });
    const closed: string[] = [];
    const end = streams.watch({ accessToken: tokenOf({}) }, () => closed.push('ended before'));
    streams.watch({ accessToken: 'opaque' }, () => closed.push('opaque'));
    streams.watch({ accessToken: tokenOf({}) }, () => closed.push('open'));
    end();
    revoked = true;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(closed).toEqual(['open']);
    expect(vi.getTimerCount()).toBe(0);
  });
});
