import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pemOfCertificate, selfSignedCertificate } from './self-signed.ts';
import { newSigningKey, type SigningKey } from './signing.ts';

/** An attacker with a key and a server that publishes it, for tokens whose header points to it. */
export interface Attacker {
  readonly key: SigningKey;
  readonly certificate: Buffer;
  /** URL of a JWKS document with the key under this kid. */
  jwksUrl(kid: string): string;
  readonly certificateUrl: string;
  /** Number of requests to the server. */
  requests(): number;
  close(): Promise<void>;
}

/** One key a process, because its generation is slow. */
let attackersKey: SigningKey | undefined;

export async function startAttacker(now: number): Promise<Attacker> {
  attackersKey ??= newSigningKey();
  const key = attackersKey;
  const certificate = selfSignedCertificate(key.privateKey, now);
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://attacker');
    const kid = searchParams.get('kid') ?? key.kid;
    response.setHeader('content-type', pathname === '/jwks.json' ? 'application/json' : 'application/x-pem-file');
    response.end(
      pathname === '/jwks.json' ? JSON.stringify({ keys: [{ ...key.publicJwk, kid }] }) : pemOfCertificate(certificate),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    key,
    certificate,
    jwksUrl: (kid) => `${base}/jwks.json?kid=${encodeURIComponent(kid)}`,
    certificateUrl: `${base}/certificate.pem`,
    requests: () => requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
