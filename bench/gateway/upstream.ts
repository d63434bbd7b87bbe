import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';

/**
 * The service behind everything that is measured: a small answer at once, `/assets/down?bytes=` and `/assets/up` for large
 * bodies, `/cms/slow` for answers under way; and just enough of auth for a session.
 */
const small = '{"hello":"world"}';
const chunk = Buffer.alloc(64 * 1024, 'x');

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const jwks = JSON.stringify({
  keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'RS256' }],
});

/** A whole access token: the gateway holds its user to a rate. */
function tokens(): string {
  const iat = Math.floor(Date.now() / 1_000);
  const claims = {
    ...{ iss: 'http://localhost:8080', aud: 'gaia', sub: 'u1', client_id: 'gaia', sid: 's1', jti: 'j1' },
    ...{ iat, nbf: iat, exp: iat + 900, auth_time: iat, site: 'localhost', roles: ['editor'], amr: ['pwd'] },
    scope: 'content:read content:write content:publish assets:read assets:write search:read',
  };
  const text = `${encode({ alg: 'RS256', typ: 'at+jwt', kid: 'k1' })}.${encode(claims)}`;
  const accessToken = `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`;
  return JSON.stringify({
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: 900,
    refresh_token: 'r1',
    refresh_expires_in: 900,
    scope: '',
    user: { id: 'u1', email: 'a@b.c', administrator: false },
  });
}

async function sizeOf(incoming: IncomingMessage): Promise<number> {
  let size = 0;
  for await (const part of incoming) size += (part as Buffer).length;
  return size;
}

const server = createServer(async (incoming, outgoing) => {
  const url = incoming.url ?? '';
  const answer = (body: string, status = 200) => {
    outgoing.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
    outgoing.end(body);
  };
  if (url === '/auth/login') return answer(tokens());
  if (url === '/.well-known/jwks.json') return answer(jwks);
  if (url.startsWith('/auth/hosts/')) return answer('{"site":"localhost","name":"Bench","registration":"closed"}');
  if (url.startsWith('/assets/up')) return answer(JSON.stringify({ size: await sizeOf(incoming) }));
  if (url.startsWith('/assets/down')) {
    const total = Number(new URL(url, 'http://x').searchParams.get('bytes'));
    outgoing.writeHead(200, { 'content-length': total });
    for (let sent = 0; sent < total; sent += chunk.length) {
      if (!outgoing.write(chunk)) await new Promise((resolve) => outgoing.once('drain', resolve));
    }
    outgoing.end();
    return;
  }
  if (url.startsWith('/cms/slow')) {
    setTimeout(() => answer(small), 20);
    return;
  }
  answer(small);
});
server.keepAliveTimeout = 60_000;
server.listen(Number(process.argv[2]), '127.0.0.1');
