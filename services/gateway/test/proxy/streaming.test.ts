import { createHash } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as pause, setImmediate as tick } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { openGateway } from '../support/gateway.ts';
import { answerJson, send } from '../support/servers.ts';

const MIB = 1024 * 1024;
const chunk = Buffer.alloc(64 * 1024, 'x');

/** Writes `total` bytes, waiting where the other side does not take them. */
async function pour(
  stream: NodeJS.WritableStream,
  total: number,
  onWritten: (bytes: number) => void = () => {},
): Promise<void> {
  for (let written = 0; written < total; written += chunk.length) {
    if (!stream.write(chunk)) await new Promise((resolve) => stream.once('drain', resolve));
    onWritten(written + chunk.length);
  }
  stream.end();
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What buffers hold, garbage left aside, in bytes. Their memory is given back by another thread, a moment after. */
async function heldByBuffers(): Promise<number> {
  collectGarbage();
  await pause(50);
  return process.memoryUsage().arrayBuffers;
}

/** The most memory that buffers held while `work` ran, beyond what was held before, in bytes. */
async function growthDuring(work: Promise<unknown>): Promise<number> {
  let running = true;
  const stop = (): void => {
    running = false;
  };
  work.then(stop, stop);
  const before = await heldByBuffers();
  let most = before;
  while (running) {
    most = Math.max(most, await heldByBuffers());
    await pause(200);
  }
  return most - before;
}

describe('streaming', () => {
  it('brings 96 MB up in constant memory, over the limit of other routes', async () => {
    const gateway = await openGateway({
      env: { MAX_BODY_BYTES: '1024' },
      assets: async (incoming, outgoing) => {
        const hash = createHash('sha256');
        let size = 0;
        for await (const part of incoming) {
          hash.update(part);
          size += part.length;
        }
        answerJson(outgoing, 200, { size, sha256: hash.digest('hex') });
      },
    });
    const total = 96 * MIB;
    const answered = new Promise<{ size: number }>((resolve, reject) => {
      const request = httpRequest(`${gateway.origin}/assets/sites/a/files`, { method: 'POST' }, async (incoming) => {
        let text = '';
        for await (const part of incoming) text += part;
        resolve(JSON.parse(text));
      });
      request.on('error', reject);
      void pour(request, total);
    });
    const growth = await growthDuring(answered);
    expect((await answered).size).toBe(total);
    expect(growth).toBeLessThan(48 * MIB);
  });

  it('brings 96 MB down in constant memory', async () => {
    const total = 96 * MIB;
    const gateway = await openGateway({ assets: (_incoming, outgoing) => void pour(outgoing, total) });
    const received = new Promise<number>((resolve, reject) => {
      httpRequest(`${gateway.origin}/assets/x`, async (incoming) => {
        let size = 0;
        for await (const part of incoming) size += part.length;
        resolve(size);
      })
        .on('error', reject)
        .end();
    });
    const growth = await growthDuring(received);
    expect(await received).toBe(total);
    expect(growth).toBeLessThan(48 * MIB);
  });

  it('holds the service back while the client does not read', async () => {
    let sent = 0;
    const gateway = await openGateway({
      assets: (_incoming, outgoing) => {
        void pour(outgoing, 200 * MIB, (bytes) => {
          sent = bytes;
        });
      },
    });
    const socket = connect(gateway.port, '127.0.0.1', () => {
      socket.write('GET /assets/x HTTP/1.1\r\nHost: localhost\r\n\r\n');
    });
    socket.pause();
    await settled(() => sent);
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(100 * MIB);
    socket.destroy();
  });

  it('holds the client back while the service does not read', async () => {
    let incoming: IncomingMessage | undefined;
    const gateway = await openGateway({
      assets: (request) => {
        incoming = request;
      },
    });
    let sent = 0;
    const request = httpRequest(`${gateway.origin}/assets/x`, { method: 'PUT' });
    request.on('error', () => {});
    void pour(request, 200 * MIB, (bytes) => {
      sent = bytes;
    });
    await vi.waitFor(() => expect(incoming).toBeDefined(), { timeout: 15_000 });
    await settled(() => sent);
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(100 * MIB);
    request.destroy();
  });

  it('passes the head and every piece on at once, as events and long polls need', async () => {
    let finish: (() => void) | undefined;
    let write: ((text: string) => void) | undefined;
    const gateway = await openGateway({
      cms: (_incoming, outgoing) => {
        outgoing.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
        write = (text) => void outgoing.write(text);
        finish = () => outgoing.end();
      },
    });
    const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
      httpRequest(`${gateway.origin}/cms/events`, resolve).on('error', reject).end();
    });
    const pieces: string[] = [];
    incoming.on('data', (piece) => pieces.push(String(piece)));
    for (const text of ['data: 1\n\n', 'data: 2\n\n']) {
      write?.(text);
      await vi.waitFor(() => expect(pieces.at(-1)).toBe(text), { timeout: 15_000 });
    }
    finish?.();
    await vi.waitFor(() => expect(incoming.complete).toBe(true), { timeout: 15_000 });
  });
});

describe('bodies in bounds', () => {
  it('refuses a body whose length is over the limit before it is sent', async () => {
    const gateway = await openGateway({
      env: { MAX_BODY_BYTES: '1024' },
      cms: () => expect.fail('reached the service'),
    });
    const answer = await gateway.send('/cms/x', { method: 'POST', body: 'x'.repeat(1_025) });
    expect(answer.json()).toMatchObject({ status: 413, code: 'payload_too_large' });
  });

  it('cuts a body of unknown length off at the limit', async () => {
    const gateway = await openGateway({ env: { MAX_BODY_BYTES: '1024' } });
    const answer = await gateway.send('/cms/x', {
      method: 'POST',
      headers: { 'transfer-encoding': 'chunked' },
      body: 'x'.repeat(5_000),
    });
    expect(answer.json()).toMatchObject({ status: 413, code: 'payload_too_large' });
  });

  it('bounds uploads too', async () => {
    const gateway = await openGateway({ env: { MAX_UPLOAD_BYTES: '1024' } });
    const answer = await gateway.send('/assets/x', { method: 'POST', body: 'x'.repeat(1_025) });
    expect(answer.json()).toMatchObject({ status: 413, code: 'payload_too_large' });
  });

  it('refuses long targets and large heads', async () => {
    const gateway = await openGateway();
    expect((await gateway.send(`/cms/${'x'.repeat(9_000)}`)).json()).toMatchObject({
      status: 414,
      code: 'uri_too_long',
    });
    const large = await gateway.send('/cms/x', { headers: { 'x-large': 'x'.repeat(20_000) } });
    expect(large.status).toBe(431);
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`x-${index}`, 'y']));
    expect((await gateway.send('/cms/x', { headers: many })).json()).toMatchObject({ code: 'too_many_headers' });
  });

  it.each(['close', 'keep-alive'])(
    'lets the client read an answer before its body is through (%s)',
    async (connection) => {
      const gateway = await openGateway({
        assets: (_incoming, outgoing) => answerJson(outgoing, 401, { code: 'token_missing' }, { connection }),
      });
      const answer = await send(gateway.origin, '/assets/x', { method: 'POST', body: Buffer.alloc(8 * MIB) });
      expect(answer).toMatchObject({ status: 401 });
      // The connections to the service are in order afterwards.
      expect((await gateway.send('/assets/x')).status).toBe(401);
    },
  );
});

/** Waits until a number has stopped to grow. */
async function settled(read: () => number): Promise<void> {
  let last = -1;
  await vi.waitFor(
    async () => {
      const current = read();
      await tick();
      const still = current > 0 && current === last;
      last = current;
      expect(still).toBe(true);
    },
    { interval: 200, timeout: 10_000 },
  );
}
