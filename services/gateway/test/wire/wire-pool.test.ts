import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { AnswerReader, Exchange } from '../../src/wire/exchange.ts';
import { createWirePool, type WirePoolOptions } from '../../src/wire/wire-pool.ts';

const hello = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
const eventually = { timeout: 20_000 };

/** A service that shows its connections and leaves it to the test what they say. */
async function service(onRequest: (socket: Socket, head: string) => void) {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    socket.on('data', (chunk) => onRequest(socket, chunk.toString('latin1')));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { port: (server.address() as AddressInfo).port, sockets };
}

function pool(port: number, options: Partial<WirePoolOptions> = {}) {
  const clock = { tick: 0 };
  const onFarewell = vi.fn();
  const made = createWirePool({
    host: '127.0.0.1',
    port,
    authority: 'service',
    connections: 10,
    connectTimeoutMs: 5_000,
    headTicks: 10,
    silenceTicks: 10,
    idleTicks: 10,
    tick: () => clock.tick,
    onHead: () => {},
    onFarewell,
    ...options,
  });
  onTestFinished(() => made.destroy(new Error('the test is over')));
  return { pool: made, clock, onFarewell };
}

interface Asked {
  readonly exchange: Exchange;
  /** Body of the answer. */
  readonly answer: Promise<string>;
  readonly pieces: string[];
}

function ask(to: ReturnType<typeof createWirePool>, path = '/', body: Buffer | null = null): Asked {
  const pieces: string[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const reader: AnswerReader = {
    onHead: (status) => void pieces.push(String(status)),
    onData: (chunk) => void pieces.push(chunk.toString()),
    onLull: () => {},
    onEnd: () => resolve(pieces.slice(1).join('')),
    onFailure: reject,
  };
  const exchange = to.send({ method: body === null ? 'GET' : 'POST', path, headers: [], body }, reader);
  promise.catch(() => {});
  return { exchange, answer: promise, pieces };
}

describe('connections', () => {
  it('carry one request after the other', async () => {
    const { port, sockets } = await service((socket) => socket.write(hello));
    const { pool: one } = pool(port);
    for (let count = 0; count < 3; count += 1) expect(await ask(one).answer).toBe('hello');
    expect(sockets).toHaveLength(1);
  });

  it('are no more than allowed; who comes later waits', async () => {
    const seen: string[] = [];
    const { port, sockets } = await service((socket, head) => {
      seen.push(head.split(' ', 2)[1] ?? '');
      socket.write(hello);
    });
    const { pool: one } = pool(port, { connections: 2 });
    const answers = Array.from({ length: 6 }, (_, index) => ask(one, `/${index}`).answer);
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 6 }, () => 'hello'));
    expect(sockets).toHaveLength(2);
    expect(seen.sort()).toEqual(['/0', '/1', '/2', '/3', '/4', '/5']);
  });

  it.each([
    ['says that it closes', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello', 1],
    ['has something behind it', `${hello}${hello}`, 0],
    ['says so in a refusal', 'HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello', 0],
  ])('are not used again after an answer that %s', async (_name, answer, farewells) => {
    const { port, sockets } = await service((socket) => socket.write(answer));
    const { pool: one, onFarewell } = pool(port);
    expect(await ask(one).answer).toBe('hello');
    expect(await ask(one).answer).toBe('hello');
    expect(sockets).toHaveLength(2);
    expect(onFarewell).toHaveBeenCalledTimes(farewells * 2);
  });

  it('on which something comes that nobody has asked for are closed', async () => {
    const { port, sockets } = await service((socket) => socket.write(hello));
    const { pool: one } = pool(port);
    await ask(one).answer;
    const closed = new Promise((resolve) => sockets[0]?.on('close', resolve));
    sockets[0]?.write(hello);
    await closed;
    expect(await ask(one).answer).toBe('hello');
    expect(sockets).toHaveLength(2);
  });

  it('that have been idle for long, or are retired, are closed', async () => {
    const { port, sockets } = await service((socket) => socket.write(hello));
    const { pool: one, clock } = pool(port);
    await ask(one).answer;
    const closed = new Promise((resolve) => sockets[0]?.on('close', resolve));
    clock.tick = 11;
    one.sweep();
    await closed;
    await ask(one).answer;
    const retired = new Promise((resolve) => sockets[1]?.on('close', resolve));
    one.retireIdle();
    await retired;
  });

  it('end with the pool when the last answer is through', async () => {
    const { port, sockets } = await service(() => {});
    const { pool: one } = pool(port);
    const { answer } = ask(one);
    await vi.waitFor(() => expect(sockets).toHaveLength(1), eventually);
    const closed = one.close();
    sockets[0]?.write(hello);
    expect(await answer).toBe('hello');
    await closed;
  });
});

describe('a request', () => {
  it('with a body is written whole', async () => {
    const { port } = await service((socket, text) => {
      if (text.endsWith('abc')) socket.write(hello);
    });
    expect(await ask(pool(port).pool, '/', Buffer.from('abc')).answer).toBe('hello');
  });

  it.each([
    ['before its answer', ''],
    ['within the head', 'HTTP/1.1 200 OK\r\nConte'],
    ['within the body', hello.slice(0, -1)],
  ])('that is broken off %s fails, as one that may have arrived', async (_name, start) => {
    const { port } = await service((socket) => socket.end(start));
    await expect(ask(pool(port).pool).answer).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('that finds its connection ended before anything was sent fails as such, whatever came on it', async () => {
    const { port, sockets } = await service((socket) => socket.write(hello));
    const { pool: one } = pool(port);
    for (const end of [(socket: Socket) => socket.destroy(), (socket: Socket) => socket.end(hello)]) {
      expect(await ask(one).answer).toBe('hello');
      // The end has come, and is seen only after the request has been given to the connection and before it is written.
      await new Promise<void>((resolve) => setImmediate(resolve));
      end(sockets.at(-1) as Socket);
      const { answer, pieces } = ask(one);
      await expect(answer).rejects.toMatchObject({ code: 'GAIA_NOT_SENT' });
      expect(pieces).toEqual([]);
    }
  });

  it('that is answered with rubbish fails', async () => {
    const { port } = await service((socket) => socket.write('hello\r\n\r\n'));
    await expect(ask(pool(port).pool).answer).rejects.toMatchObject({ code: 'GAIA_BROKEN_ANSWER' });
  });

  it('that reaches nobody fails as such', async () => {
    await expect(ask(pool(1).pool).answer).rejects.toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect' });
  });

  it('that waits too long for its answer fails', async () => {
    const { port } = await service(() => {});
    const { pool: one, clock } = pool(port);
    const { answer } = ask(one);
    clock.tick = 11;
    one.sweep();
    await expect(answer).rejects.toMatchObject({ code: 'UND_ERR_HEADERS_TIMEOUT' });
  });

  it('whose answer falls silent fails, but not while it is its reader who waits', async () => {
    const { port } = await service((socket) => socket.write(hello.slice(0, -1)));
    const { pool: one, clock } = pool(port);
    const { answer, exchange, pieces } = ask(one);
    await vi.waitFor(() => expect(pieces.join()).toContain('hell'), eventually);
    exchange.pause();
    clock.tick = 11;
    one.sweep();
    exchange.resume();
    clock.tick = 20;
    one.sweep();
    expect(pieces.join()).toContain('hell');
    clock.tick = 22;
    one.sweep();
    await expect(answer).rejects.toMatchObject({ code: 'UND_ERR_BODY_TIMEOUT' });
  });

  it('that is aborted ends its connection, or leaves the queue', async () => {
    const { port, sockets } = await service(() => {});
    const { pool: one } = pool(port, { connections: 1 });
    const [first, second] = [ask(one), ask(one)];
    await vi.waitFor(() => expect(sockets).toHaveLength(1), eventually);
    second.exchange.abort(new Error('not wanted'));
    await expect(second.answer).rejects.toThrow('not wanted');
    const closed = new Promise((resolve) => sockets[0]?.on('close', resolve));
    first.exchange.abort(new Error('not wanted either'));
    await expect(first.answer).rejects.toThrow('not wanted either');
    await closed;
    // Once it is over, nothing happens any more.
    first.exchange.abort(new Error('again'));
  });

  it('that waits is cut, and one that is being answered is not', async () => {
    const { port } = await service((socket, head) => {
      if (head.startsWith('GET /started')) socket.write(hello.slice(0, -1));
    });
    const { pool: one, clock } = pool(port);
    const started = ask(one, '/started');
    await vi.waitFor(() => expect(started.pieces.join()).toContain('hell'), eventually);
    clock.tick = 3;
    const waiting = ask(one, '/waiting');
    expect(one.oldestWaiting()).toBe(3);
    one.cutWaiting(new Error('gone silent'));
    await expect(waiting.answer).rejects.toThrow('gone silent');
    expect(one.oldestWaiting()).toBeUndefined();
    started.exchange.abort(new Error('over'));
    await expect(started.answer).rejects.toThrow('over');
  });

  it('holds the service back while its reader takes nothing', async () => {
    let sent = 0;
    const total = 64 * 1024 * 1024;
    const { port } = await service((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
      const pour = (): void => {
        while (sent < total) {
          sent += 65_536;
          if (!socket.write(Buffer.alloc(65_536))) return;
        }
      };
      socket.on('drain', pour);
      pour();
    });
    const { pool: one } = pool(port);
    let taken = 0;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const exchange = one.send(
      { method: 'GET', path: '/', headers: [], body: null },
      {
        onHead: () => exchange.pause(),
        onData: (chunk) => {
          taken += chunk.length;
        },
        onLull: () => {},
        onEnd: resolve,
        onFailure: reject,
      },
    );
    let before = -1;
    await vi.waitFor(
      () => {
        const still = sent > 0 && sent === before;
        before = sent;
        expect(still).toBe(true);
      },
      { ...eventually, interval: 200 },
    );
    expect(taken).toBeLessThan(1024 * 1024);
    expect(sent).toBeLessThan(total / 2);
    exchange.resume();
    await promise;
    expect(taken).toBe(total);
  });
});
