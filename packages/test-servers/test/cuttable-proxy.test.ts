import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { startCuttableProxy } from '../src/cuttable-proxy.ts';

/** A server that says everything back, and the way to it. */
async function setUp() {
  const seen: string[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', (data) => {
      seen.push(String(data));
      socket.write(data);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const way = await startCuttableProxy(`echo://user@127.0.0.1:${(server.address() as AddressInfo).port}/path`);
  onTestFinished(async () => {
    await way.close();
    await new Promise((resolve) => server.close(resolve));
  });
  return { way, seen };
}

function open(port: number): Socket {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** Ended or broken off, which of them depends on what was on its way. */
function closed(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once('close', resolve));
}

async function said(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [data] = await once(socket, 'data');
  return String(data);
}

it('leads to the server under a URL that is like its own', async () => {
  const { way } = await setUp();
  expect(way.url).toBe(`echo://user@127.0.0.1:${way.port}/path`);
  expect(await said(open(way.port), 'hello')).toBe('hello');
});

it('ends connections and takes none while it is cut', async () => {
  const { way } = await setUp();
  const before = open(way.port);
  await said(before, 'hello');
  way.cut();
  await closed(before);
  await closed(open(way.port));
  way.restore();
  expect(await said(open(way.port), 'again')).toBe('again');
});

it('takes connections on which nothing happens while it is stalled', async () => {
  const { way, seen } = await setUp();
  const before = open(way.port);
  await said(before, 'hello');
  way.stall();
  await closed(before);
  const during = open(way.port);
  await once(during, 'connect');
  during.write('lost');
  way.restore();
  await closed(during);
  expect(await said(open(way.port), 'again')).toBe('again');
  expect(seen).toEqual(['hello', 'again']);
});

it('keeps connections and loses everything while it swallows', async () => {
  const { way, seen } = await setUp();
  const before = open(way.port);
  await said(before, 'hello');
  way.swallow();
  before.write('lost');
  const during = open(way.port);
  await once(during, 'connect');
  during.write('lost too');
  // What was written before a connection stood has been read with it.
  await setImmediate();
  way.restore();
  before.write('still lost');
  expect(await said(open(way.port), 'again')).toBe('again');
  expect([before.closed, during.closed]).toEqual([false, false]);
  expect(seen).toEqual(['hello', 'again']);
});
