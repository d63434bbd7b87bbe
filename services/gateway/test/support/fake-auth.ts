import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener } from 'node:http';
import { answerJson, readAll } from './servers.ts';

/** An auth service that knows one user and keeps login families in memory. */
export interface FakeAuth {
  readonly listener: RequestListener;
  /** Every request so far. */
  readonly calls: { readonly path: string; readonly headers: IncomingMessage['headers'] }[];
  /** sid → number of the refresh token that is current. */
  readonly families: Map<string, number>;
  /** Host names and their sites. */
  readonly hosts: Map<string, string>;
  /** Set to answer 503 to everything. */
  down: boolean;
  /** Life of access tokens in seconds. */
  expiresIn: number;
  count(path: string): number;
}

export function createFakeAuth(now: () => number = Date.now): FakeAuth {
  const families = new Map<string, number>();
  const auth: FakeAuth = {
    calls: [],
    families,
    hosts: new Map(),
    down: false,
    expiresIn: 900,
    count: (path) => auth.calls.filter((call) => call.path === path).length,
    listener: async (incoming, outgoing) => {
      const path = incoming.url ?? '';
      auth.calls.push({ path, headers: incoming.headers });
      const text = (await readAll(incoming)).toString();
      if (auth.down) return answerJson(outgoing, 503, {});
      const body = text === '' ? {} : JSON.parse(text);
      if (path === '/auth/login') {
        if (body.password !== 'right') return answerJson(outgoing, 401, problem(401, 'invalid_credentials'));
        const sid = randomUUID();
        families.set(sid, 1);
        return answerJson(outgoing, 200, tokens(sid, body.site ?? incoming.headers['x-gaia-site']));
      }
      if (path === '/auth/refresh') {
        const [sid = '', sequence] = String(body.refresh_token).split('#');
        if (families.get(sid) !== Number(sequence)) return answerJson(outgoing, 401, problem(401, 'token_revoked'));
        families.set(sid, Number(sequence) + 1);
        return answerJson(outgoing, 200, tokens(sid, undefined));
      }
      if (path === '/auth/logout') {
        families.delete(String(body.refresh_token).split('#')[0] ?? '');
        outgoing.writeHead(204).end();
        return;
      }
      if (path === '/auth/me') {
        const claims = claimsOf(incoming.headers.authorization ?? '');
        const user = { id: 'u1', email: 'ann@example.org', username: null, name: 'Ann', administrator: false };
        return answerJson(outgoing, 200, {
          ...user,
          site: claims?.site ?? null,
          roles: ['editor'],
          scope: 'a b',
          sites: [],
        });
      }
      if (path.startsWith('/auth/hosts/')) {
        const site = auth.hosts.get(decodeURIComponent(path.slice('/auth/hosts/'.length)));
        if (site === undefined) return answerJson(outgoing, 404, problem(404, 'site_not_found'));
        return answerJson(outgoing, 200, { site, name: `Site ${site}` });
      }
      return answerJson(outgoing, 200, { service: 'auth', url: path, headers: incoming.headers, body: text });
    },
  };

  function tokens(sid: string, site: unknown): Record<string, unknown> {
    const iat = Math.floor(now() / 1_000);
    const claims = { sub: 'u1', sid, jti: randomUUID(), iat, exp: iat + auth.expiresIn, ...(site ? { site } : {}) };
    return {
      access_token: `${encode({ kid: 'k1' })}.${encode(claims)}.x`,
      token_type: 'Bearer',
      expires_in: auth.expiresIn,
      refresh_token: `${sid}#${families.get(sid)}`,
      refresh_expires_in: 86_400,
      scope: 'content:read',
    };
  }
  return auth;
}

/** Claims of an `Authorization: Bearer` header. */
export function claimsOf(authorization: string): { sub: string; sid: string; jti: string; site?: string } | undefined {
  const part = authorization.replace(/^Bearer /, '').split('.')[1];
  return part === undefined ? undefined : JSON.parse(Buffer.from(part, 'base64url').toString());
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function problem(status: number, code: string): Record<string, unknown> {
  return { type: `urn:gaia:problem:${code}`, title: code, status, code, request_id: 'x' };
}
