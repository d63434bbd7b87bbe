import { expect, it } from 'vitest';
import { openGateway } from '../support/gateway.ts';
import { echo, sendRaw } from '../support/servers.ts';

const head = 'Host: localhost\r\nConnection: close\r\n';

/** Each of these means one thing to some servers and another to others (RFC 9112 §11.2). */
it.each<[string, string]>([
  ['CL.TE', `POST /cms/x HTTP/1.1\r\n${head}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG`],
  [
    'TE.CL',
    `POST /cms/x HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n1\r\nZ\r\n0\r\n\r\n`,
  ],
  ['two lengths', `POST /cms/x HTTP/1.1\r\n${head}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`],
  ['a list of lengths', `POST /cms/x HTTP/1.1\r\n${head}Content-Length: 1, 1\r\n\r\na`],
  ['a length with a sign', `POST /cms/x HTTP/1.1\r\n${head}Content-Length: +1\r\n\r\na`],
  ['a hexadecimal length', `POST /cms/x HTTP/1.1\r\n${head}Content-Length: 0x1\r\n\r\na`],
  ['TE not chunked', `POST /cms/x HTTP/1.1\r\n${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
  ['TE chunked not last', `POST /cms/x HTTP/1.1\r\n${head}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
  ['space before the colon', `POST /cms/x HTTP/1.1\r\n${head}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`],
  ['tab before TE', `POST /cms/x HTTP/1.1\r\n${head}\tTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['obs-fold', `GET /cms/x HTTP/1.1\r\n${head}X-A: b\r\n c\r\n\r\n`],
  ['bare LF between headers', `GET /cms/x HTTP/1.1\nHost: localhost\nX-A: b\n\n`],
  ['bare CR in a header', `GET /cms/x HTTP/1.1\r\n${head}X-A: b\rX-Gaia-Site: c\r\n\r\n`],
  ['NUL in a header', `GET /cms/x HTTP/1.1\r\n${head}X-A: b\0c\r\n\r\n`],
  ['bare LF in chunks', `POST /cms/x HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n1\nZ\n0\n\n`],
  [
    'a chunk size that overflows',
    `POST /cms/x HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n`,
  ],
  ['a negative chunk size', `POST /cms/x HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n-1\r\n`],
  ['no host', 'GET /cms/x HTTP/1.1\r\nConnection: close\r\n\r\n'],
  ['two hosts', 'GET /cms/x HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n'],
  ['a space in the path', `GET /cms/x y HTTP/1.1\r\n${head}\r\n`],
  ['an unknown version', `GET /cms/x HTTP/1.9\r\n${head}\r\n`],
  [
    'the length dropped',
    `POST /cms/x HTTP/1.1\r\nHost: localhost\r\nConnection: close, content-length\r\nContent-Length: 1\r\n\r\na`,
  ],
  [
    'TE dropped',
    `POST /cms/x HTTP/1.1\r\nHost: localhost\r\nConnection: close, authorization\r\nAuthorization: Bearer x\r\n\r\n`,
  ],
  ['the cookie dropped', 'GET /cms/x HTTP/1.1\r\nHost: localhost\r\nConnection: close, cookie\r\nCookie: a=b\r\n\r\n'],
])('rejects %s with 400, once, and sends nothing on', async (_, bytes) => {
  const reached: string[] = [];
  const answering = echo('cms');
  const gateway = await openGateway({
    env: { CLIENT_IDLE_TIMEOUT_MS: '500' },
    cms: (incoming, outgoing) => {
      let body = '';
      incoming.on('data', (chunk) => {
        body += chunk;
      });
      incoming.on('end', () => reached.push(`${incoming.method} ${incoming.url} ${body}`));
      return answering(incoming, outgoing);
    },
  });
  const answer = await sendRaw(gateway.port, bytes);
  expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n(?:.*\r\n)*\r\n.*"code":"[a-z_]+"/i);
  expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  expect(reached).toEqual([]);
});
