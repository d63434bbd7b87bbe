import { createFakeAuth, type FakeAuth } from './fake-auth.ts';
import { type GatewayOptions, openGateway, type TestGateway } from './gateway.ts';
import { freePort } from './servers.ts';
import { createVisitor, type Visitor } from './visitor.ts';

export interface Sites {
  readonly gateway: TestGateway;
  readonly auth: FakeAuth;
  /** Origins. */
  readonly a: string;
  readonly b: string;
  readonly central: string;
  /** Name of the session's cookie. */
  readonly cookie: string;
  visitor(): Visitor;
  /** A visitor with a session at site A. */
  signedInAtA(): Promise<Visitor>;
}

/** Two sites and the installation's own host on one gateway. Its port is in its addresses, and may be taken meanwhile. */
export async function openSites(options: GatewayOptions = {}): Promise<Sites> {
  for (let left = 5; ; left -= 1) {
    try {
      return await openSitesAt(await freePort(), options);
    } catch (error) {
      if (left === 0 || (error as { code?: unknown }).code !== 'EADDRINUSE') throw error;
    }
  }
}

async function openSitesAt(port: number, options: GatewayOptions): Promise<Sites> {
  const auth = createFakeAuth(options.now);
  auth.originOf = (host) => `http://${host}:${port}`;
  for (const host of ['site-a.localhost', 'site-b.localhost']) auth.hosts.set(host, host);
  auth.names.set('site-a.localhost', 'The Alpine Journal').set('site-b.localhost', 'Bergen Choir');
  const central = `http://localhost:${port}`;
  const gateway = await openGateway({ ...options, auth, port, env: { PUBLIC_URL: central, ...options.env } });
  auth.onEnd = (id) => {
    const at = (options.now ?? Date.now)();
    void gateway.state.revocations.append({ kind: 'sid', id }, at + 900_000, at);
  };
  const a = `http://site-a.localhost:${port}`;
  const b = `http://site-b.localhost:${port}`;
  return {
    gateway,
    auth,
    a,
    b,
    central,
    cookie: `gaia-${port}`,
    visitor: () => createVisitor(gateway),
    async signedInAtA() {
      const visitor = createVisitor(gateway);
      const answer = await visitor.fill(`${a}/sign-in`, { name: 'ann@example.org', password: 'right' });
      if (answer.status !== 303) throw new Error(`could not sign in: ${answer.status} ${answer.text}`);
      return visitor;
    },
  };
}
