import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openGateway } from '../support/gateway.ts';
import { sendRaw } from '../support/servers.ts';

/** A service that sends these bytes for each request, in pieces of `size` bytes, and leaves the connection open. */
async function sending(bytes: string, { size = 65_536, ends = false } = {}) {
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket.on('error', () => {}));
    socket.on('data', async (chunk) => {
      const request = chunk.toString('latin1');
      if (request.startsWith('GET /live')) return void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      seen.push(request.slice(0, request.indexOf('\r\n')));
      for (let at = 0; at < bytes.length; at += size) {
        await new Promise((resolve) => socket.write(bytes.slice(at, at + size), 'latin1', resolve));
      }
      if (ends) socket.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const gateway = await openGateway({
    env: { CMS_URL: url, UPSTREAM_HEADERS_TIMEOUT_MS: '1500', UPSTREAM_IDLE_TIMEOUT_MS: '1500' },
  });
  return { gateway, seen, sockets };
}

const get = (port: number, path: string, method = 'GET'): Promise<string> =>
  sendRaw(port, `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);

const chunkedHead = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const chunked = (...chunks: string[]): string => chunkedHead + chunks.join('');

describe('what two readers could understand in two ways is not passed on:', () => {
  it.each<[string, string]>([
    ['something else', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['another version', 'HTTP/2 200 OK\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['a status that is none', 'HTTP/1.1 999 OK\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello'],
    ['the same length twice', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello'],
    ['a list of lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello'],
    ['a signed length', 'HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello'],
    ['a length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\nhello'],
    ['an endless length', `HTTP/1.1 200 OK\r\nContent-Length: ${'9'.repeat(20)}\r\n\r\nhello`],
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    ],
    ['another coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'],
    [
      'two codings',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    ],
    ['a folded line', 'HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\nContent-Length: 5\r\n\r\nhello'],
    ['a space before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello'],
    ['a line without a colon', 'HTTP/1.1 200 OK\r\nContent-Length 5\r\n\r\nhello'],
    ['a header without a name', 'HTTP/1.1 200 OK\r\n: 5\r\nContent-Length: 5\r\n\r\nhello'],
    ['a bare LF', 'HTTP/1.1 200 OK\r\nX-A: b\nContent-Length: 5\r\n\r\nhello'],
    ['a bare CR', 'HTTP/1.1 200 OK\r\nX-A: b\rContent-Length: 5\r\n\r\nhello'],
    ['NUL', 'HTTP/1.1 200 OK\r\nX-A: b\0\r\nContent-Length: 5\r\n\r\nhello'],
    ['an upgrade that nothing has asked for', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nhello'],
    ['too large a head', `HTTP/1.1 200 OK\r\nX-A: ${'b'.repeat(40_000)}\r\nContent-Length: 5\r\n\r\nhello`],
  ])('%s', async (_name, bytes) => {
    for (const size of [65_536, 3]) {
      const { gateway } = await sending(bytes, { size });
      const text = await get(gateway.port, '/cms/x');
      expect(text).toMatch(/^HTTP\/1\.1 50[23] /);
      expect(text).not.toContain('hello');
    }
  });

  it.each<[string, string]>([
    ['a chunk size that is no number', chunked('x\r\n')],
    ['a chunk size with a sign', chunked('-5\r\nhello\r\n0\r\n\r\n')],
    ['a chunk size with 0x', chunked('0x5\r\nhello\r\n0\r\n\r\n')],
    ['no chunk size', chunked('\r\nhello\r\n0\r\n\r\n')],
    ['an endless chunk size', chunked(`${'f'.repeat(17)}\r\n`)],
    ['a bare LF after a chunk size', chunked('5\nhello\r\n0\r\n\r\n')],
    ['a chunk that is longer than it says', chunked('4\r\nhello\r\n0\r\n\r\n')],
    ['a trailer without a colon', chunked('0\r\nnothing\r\n\r\n')],
    ['endless trailers', chunked('0\r\n', `X-A: ${'b'.repeat(400)}\r\n`.repeat(100), '\r\n')],
  ])('%s', async (_name, bytes) => {
    for (const size of [65_536, 3]) {
      const { gateway } = await sending(bytes, { size });
      // The head may have been passed on; the body is then cut off, and not ended.
      const text = await get(gateway.port, '/cms/x');
      if (text.startsWith('HTTP/1.1 200')) expect(text).not.toMatch(/\r\n0\r\n\r\n$/);
      else expect(text).toMatch(/^($|HTTP\/1\.1 50[23] )/);
    }
  });
});

describe('a response', () => {
  it.each<[string, string, RegExp, { method?: string; ends?: boolean }?]>([
    ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', /^HTTP\/1\.1 200 [\s\S]*\r\n\r\nhello$/],
    ['without a reason', 'HTTP/1.1 404 \r\nContent-Length: 2\r\n\r\nno', /^HTTP\/1\.1 404 [\s\S]*\r\n\r\nno$/],
    [
      'in chunks, with extensions and trailers, which are dropped',
      chunked(`5;a=${'b'.repeat(40_000)}\r\nhello\r\n`, '6\r\n world\r\n', '0\r\nX-Sum: 1\r\n\r\n'),
      /^HTTP\/1\.1 200 (?![\s\S]*(?:bbb|X-Sum))[\s\S]*hello[\s\S]* world\r\n0\r\n\r\n$/,
    ],
    [
      'until the end',
      'HTTP/1.1 200 OK\r\n\r\nhello',
      /^HTTP\/1\.1 200 [\s\S]*hello[\s\S]*\r\n0\r\n\r\n$/,
      { ends: true },
    ],
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', /^HTTP\/1\.1 204 [\s\S]*\r\n\r\n$/],
    ['304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n', /^HTTP\/1\.1 304 [\s\S]*\r\n\r\n$/],
    [
      'to HEAD',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n',
      /^HTTP\/1\.1 200 [\s\S]*content-length: 5[\s\S]*\r\n\r\n$/,
      { method: 'HEAD' },
    ],
    [
      'after interim responses',
      'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      /^HTTP\/1\.1 200 (?![\s\S]*<\/a>)[\s\S]*\r\n\r\nok$/,
    ],
    ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok', /^HTTP\/1\.1 200 [\s\S]*\r\n\r\nok$/],
  ])(
    '%s is passed on, whatever the pieces it comes in',
    async (_name, bytes, expected, { method, ends = false } = {}) => {
      for (const size of [65_536, 1_000, 7]) {
        const { gateway } = await sending(bytes, { size, ends });
        expect(await get(gateway.port, '/cms/x', method)).toMatch(expected);
      }
    },
  );

  it('keeps the bytes of its headers', async () => {
    const { gateway } = await sending('HTTP/1.1 204 OK\r\nX-Name: \t caf\xe9 \xa0\r\nX-None:\r\n\r\n');
    expect(await get(gateway.port, '/cms/x')).toMatch(/\r\nx-name: caf\xe9 \xa0\r\nx-none: \r\n/);
  });

  it.each([
    ['a head', 'HTTP/1.1 200 OK\r\nContent-Le', /^HTTP\/1\.1 503 /],
    [
      'a body with a length',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell',
      /^(?!HTTP\/1\.1 [45])[\s\S]*(?<!hello)$/,
    ],
    ['chunks', chunked('5\r\nhello\r\n0\r\n'), /^(?!HTTP\/1\.1 [45])[\s\S]*(?<!\r\n0\r\n\r\n)$/],
    ['nothing', '', /^HTTP\/1\.1 503 /],
  ])('that ends within %s is not whole', async (_name, bytes, expected) => {
    const { gateway } = await sending(bytes, { ends: true });
    expect(await get(gateway.port, '/cms/x')).toMatch(expected);
  });
});

describe('what comes behind a response', () => {
  const first = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

  it.each([
    ['at once', 65_536],
    ['in pieces', 5],
  ])('%s is the response to no other request', async (_name, size) => {
    const { gateway, seen, sockets } = await sending(`${first}HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsmuggled`, {
      size,
    });
    for (let count = 0; count < 4; count += 1) {
      const text = await get(gateway.port, `/cms/${count}`);
      expect(text).toMatch(/^HTTP\/1\.1 200 [\s\S]*\r\n\r\nok$/);
    }
    expect(seen).toHaveLength(4);
    expect(sockets.size).toBeGreaterThanOrEqual(4);
  });

  it('later, on an idle connection, closes it', async () => {
    const { gateway, sockets } = await sending(first);
    expect(await get(gateway.port, '/cms/0')).toMatch(/ok$/);
    for (const socket of sockets) {
      const closed = new Promise((resolve) => socket.on('close', resolve));
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled');
      await closed;
    }
    expect(await get(gateway.port, '/cms/1')).toMatch(/ok$/);
  });
});
