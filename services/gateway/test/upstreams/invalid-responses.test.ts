import { describe, expect, it } from 'vitest';
import { BrokenAnswer } from '../../src/wire/answer-head.ts';
import { createAnswerParser } from '../../src/wire/answer-parser.ts';

interface Read {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string;
  readonly whole: boolean;
  readonly reusable: boolean;
}

/** Reads an answer that comes in pieces of `size` bytes, through the same buffer again and again. */
function read(text: string, { size = 65_536, method = 'GET', ends = false } = {}): Read {
  let [status, headers, body] = [0, [] as readonly string[], ''];
  const parser = createAnswerParser(method, {
    onHead(code, lines) {
      [status, headers] = [code, lines];
    },
    onData(chunk) {
      body += chunk.toString('latin1');
    },
  });
  const bytes = Buffer.from(text, 'latin1');
  const buffer = Buffer.alloc(size);
  let whole = false;
  for (let at = 0; at < bytes.length && !whole; at += size) {
    const length = bytes.copy(buffer, 0, at, at + size);
    whole = parser.take(buffer.subarray(0, length));
  }
  if (!whole && ends) whole = parser.end();
  return { status, headers, body, whole, reusable: parser.isReusable() };
}

const long = 'x'.repeat(3_000);

describe('an answer', () => {
  const answers: [string, string, Omit<Partial<Read>, 'headers'>, object?][] = [
    [
      'with a length',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
      { status: 200, body: 'hello', reusable: true },
    ],
    ['without content', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', { body: '', reusable: true }],
    ['without a reason', 'HTTP/1.1 404 \r\nContent-Length: 2\r\n\r\nno', { status: 404, body: 'no' }],
    [
      'in chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;a=b\r\n world\r\n0\r\n\r\n',
      { body: 'hello world', reusable: true },
    ],
    [
      'in chunks with trailers, which are dropped',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\nA\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n',
      { body: '0123456789', reusable: true },
    ],
    ['with a long body', `HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n${long}`, { body: long, reusable: true }],
    ['until the end', `HTTP/1.1 200 OK\r\n\r\n${long}`, { body: long, reusable: false }, { ends: true }],
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', { status: 204, body: '', reusable: true }],
    ['304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n', { status: 304, body: '', reusable: true }],
    [
      'to HEAD',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n',
      { status: 200, body: '', reusable: true },
      { method: 'HEAD' },
    ],
    [
      'after interim answers',
      'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      { status: 200, body: 'ok', reusable: true },
    ],
    [
      'that closes',
      'HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 2\r\n\r\nok',
      { body: 'ok', reusable: false },
    ],
    ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok', { body: 'ok', reusable: false }],
    [
      'with something behind it',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n',
      { body: 'ok', reusable: false },
    ],
  ];

  it.each(answers)('%s is read', (_name, text, expected, options = {}) => {
    expect(read(text, options)).toMatchObject({ whole: true, ...expected });
  });

  it.each(answers.filter(([name]) => name !== 'with something behind it'))(
    '%s is the same in pieces of any size',
    (_name, text, _expected, options = {}) => {
      const inOnePiece = read(text, options);
      for (const size of [1, 2, 3, 5, 7, 16, 100, 1_000]) {
        expect(read(text, { ...options, size })).toEqual(inOnePiece);
      }
    },
  );

  it('keeps the bytes of its headers, spaces around them left out', () => {
    const { headers } = read('HTTP/1.1 204 OK\r\nX-Name: \t caf\xe9 \xa0\t\r\nX-None:\r\nA:b:c\r\n\r\n');
    expect(headers).toEqual(['x-name', 'caf\xe9 \xa0', 'x-none', '', 'a', 'b:c']);
  });

  it.each([
    ['a head', 'HTTP/1.1 200 OK\r\nContent-Le'],
    ['a body with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell'],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n'],
    ['nothing', ''],
  ])('that ends within %s is not whole', (_name, text) => {
    expect(read(text, { ends: true }).whole).toBe(false);
  });
});

describe('what two readers could understand in two ways is refused:', () => {
  const chunkedHead = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
  it.each([
    ['something else', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['another version', 'HTTP/2 200 OK\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['a status that is none', 'HTTP/1.1 999 OK\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n'],
    ['the same length twice', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n'],
    ['a list of lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n'],
    ['a signed length', 'HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n'],
    ['a length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\n'],
    ['an endless length', `HTTP/1.1 200 OK\r\nContent-Length: ${'9'.repeat(20)}\r\n\r\n`],
    ['a length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['another coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
    ['two codings', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['a folded line', 'HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\n\r\n'],
    ['a space before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\n'],
    ['a line without a colon', 'HTTP/1.1 200 OK\r\nContent-Length 5\r\n\r\n'],
    ['a header without a name', 'HTTP/1.1 200 OK\r\n: 5\r\n\r\n'],
    ['a bare LF', 'HTTP/1.1 200 OK\r\nX-A: b\nContent-Length: 5\r\n\r\n'],
    ['a bare CR', 'HTTP/1.1 200 OK\r\nX-A: b\rContent-Length: 5\r\n\r\n'],
    ['NUL', 'HTTP/1.1 200 OK\r\nX-A: b\0\r\n\r\n'],
    ['an upgrade that nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n'],
    ['too large a head', `HTTP/1.1 200 OK\r\nX-A: ${'b'.repeat(40_000)}\r\n\r\n`],
    ['a chunk size that is no number', `${chunkedHead}x\r\n`],
    ['a chunk size with a sign', `${chunkedHead}-5\r\n`],
    ['a chunk size with 0x', `${chunkedHead}0x5\r\nhello\r\n0\r\n\r\n`],
    ['no chunk size', `${chunkedHead}\r\nhello\r\n0\r\n\r\n`],
    ['an endless chunk size', `${chunkedHead}${'f'.repeat(17)}\r\n`],
    ['a bare LF after a chunk size', `${chunkedHead}5\nhello\r\n0\r\n\r\n`],
    ['a chunk that is longer than it says', `${chunkedHead}4\r\nhello\r\n0\r\n\r\n`],
    ['endless extensions', `${chunkedHead}5;${'a'.repeat(600)}\r\nhello\r\n0\r\n\r\n`],
    ['a trailer without a colon', `${chunkedHead}0\r\nnothing\r\n\r\n`],
    ['endless trailers', `${chunkedHead}0\r\n${`X-A: ${'b'.repeat(400)}\r\n`.repeat(30)}\r\n`],
  ])('%s', (_name, text) => {
    expect(() => read(text)).toThrow(BrokenAnswer);
    expect(() => read(text, { size: 3 })).toThrow(BrokenAnswer);
  });
});
