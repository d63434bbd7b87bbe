import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { signIn } from '../support/browser.ts';
import { claimsOf } from '../support/fake-auth.ts';
import { openGateway, type TestGateway } from '../support/gateway.ts';

/** A service that agrees to every WebSocket, says who asked, and then sends back what comes. */
async function echoing(): Promise<string> {
  const server = createServer((_, outgoing) => outgoing.writeHead(426).end());
  server.on('upgrade', (incoming, socket: Socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n');
    socket.write('Sec-WebSocket-Accept: good\r\nX-Inner: secret\r\n\r\n');
    socket.write(`[${claimsOf(incoming.headers.authorization ?? '')?.sub ?? 'nobody'} ${incoming.url}]`);
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Sends an upgrade request and, once `until` has come back, `more`; gives all that came when `end` has. */
function talk(gateway: TestGateway, headers: string[], until = ']', more = 'ping'): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(gateway.port, '127.0.0.1');
    let text = '';
    let asked = false;
    socket.setEncoding('latin1').on('data', (chunk) => {
      text += chunk;
      if (!asked && text.includes(until)) {
        asked = true;
        socket.write(more);
      }
      if (text.endsWith(more)) socket.end();
    });
    socket.on('close', () => resolve(text)).on('error', reject);
    const all = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: eA==', ...headers].join('\r\n');
    socket.write(`GET /cms/live?x=1 HTTP/1.1\r\nHost: localhost:${gateway.port}\r\n${all}\r\n\r\n`);
  });
}

it('carries a WebSocket both ways, with the session’s token', async () => {
  const gateway = await openGateway({ env: { CMS_URL: await echoing() } });
  const session = await signIn(gateway);
  const text = await talk(gateway, [`Cookie: ${session.cookie}`, `Origin: http://localhost:${gateway.port}`]);
  expect(text).toMatch(/^HTTP\/1\.1 101 /);
  expect(text.toLowerCase()).toContain('sec-websocket-accept: good');
  expect(text).not.toContain('X-Inner');
  expect(text.endsWith('[u1 /cms/live?x=1]ping')).toBe(true);
});

it.each([['Origin: http://evil.example'], ['Origin: null'], ['X: no origin'], ['Sec-Fetch-Site: cross-site']])(
  'is refused with a cookie and %s',
  async (header) => {
    const gateway = await openGateway({ env: { CMS_URL: await echoing() } });
    const session = await signIn(gateway);
    const text = await talk(gateway, [`Cookie: ${session.cookie}`, header]);
    expect(text).toMatch(/^HTTP\/1\.1 403 [\s\S]*cross_site_refused/);
  },
);

it('is refused where the service takes none, and the connection ends', async () => {
  const gateway = await openGateway();
  expect(await talk(gateway, [])).toMatch(/^HTTP\/1\.1 502 [\s\S]*web_socket_refused/);
});

it('is held to the rules of every other request', async () => {
  const gateway = await openGateway({ env: { CMS_URL: await echoing() } });
  expect(await talk(gateway, ['Authorization: a', 'Authorization: b'])).toMatch(
    /^HTTP\/1\.1 400 [\s\S]*duplicate_header/,
  );
});
