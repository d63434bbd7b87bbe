import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
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
  /** Origin of a host; scheme and port of the gateway's public URL if not set. */
  originOf: ((host: string) => string) | undefined;
  /** Who the one user is, and with which roles. */
  name: string;
  roles: readonly string[];
  registration: 'open' | 'invitation' | 'closed';
  /** Makes a hand-over token; `claims` and `header` replace members. */
  handOver(options: { claims: Record<string, unknown>; header?: Record<string, unknown>; key?: KeyObject }): string;
  readonly names: Map<string, string>;
  /** Host → allowed origins of its site. */
  readonly origins: Map<string, readonly string[]>;
  /** Ends a family, and says so to `onEnd`. */
  end(sid: string): void;
  onEnd: ((sid: string) => void) | undefined;
  /** Whom its access tokens are for. */
  audience: string;
  /** Set to answer 503 to everything. */
  down: boolean;
  /** Life of access tokens in seconds. */
  expiresIn: number;
  /** Rest of the life of logins in seconds; not told if not set. */
  sessionExpiresIn: number | undefined;
  count(path: string): number;
}

/** One key for a whole file of tests. */
let pair: { privateKey: KeyObject; publicKey: KeyObject } | undefined;

export function keyPair(): { privateKey: KeyObject; publicKey: KeyObject } {
  pair ??= generateKeyPairSync('rsa', { modulusLength: 2_048 });
  return pair;
}

export function createFakeAuth(now: () => number = Date.now): FakeAuth {
  const families = new Map<string, number>();
  /** sid → when its user has shown a password, in seconds. */
  const authTimes = new Map<string, number>();
  const auth: FakeAuth = {
    calls: [],
    families,
    hosts: new Map(),
    originOf: undefined,
    names: new Map(),
    origins: new Map(),
    onEnd: undefined,
    end(sid) {
      families.delete(sid);
      auth.onEnd?.(sid);
    },
    name: 'Ann',
    roles: ['editor'],
    registration: 'open',
    handOver({ claims, header = {}, key = keyPair().privateKey }) {
      const iat = Math.floor(now() / 1_000);
      const all = {
        iss: 'http://localhost:8080',
        sub: 'u1',
        exp: iat + 60,
        iat,
        nbf: iat,
        jti: randomUUID(),
        ...claims,
      };
      const text = `${encode({ alg: 'RS256', typ: 'sso+jwt', kid: 'k1', ...header })}.${encode(all)}`;
      return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
    },
    audience: 'gaia',
    down: false,
    expiresIn: 900,
    sessionExpiresIn: undefined,
    count: (path) => auth.calls.filter((call) => call.path === path).length,
    listener: async (incoming, outgoing) => {
      const path = incoming.url ?? '';
      auth.calls.push({ path, headers: incoming.headers });
      const text = (await readAll(incoming)).toString();
      if (auth.down) return answerJson(outgoing, 503, {});
      if (path === '/.well-known/jwks.json') {
        const { kty, n, e } = keyPair().publicKey.export({ format: 'jwk' });
        return answerJson(outgoing, 200, { keys: [{ kty, n, e, kid: 'k1', use: 'sig', alg: 'RS256' }] });
      }
      const isJson = incoming.headers['content-type']?.startsWith('application/json') ?? false;
      const body = text === '' || !isJson ? {} : JSON.parse(text);
      if (path === '/auth/sso/hand-over') {
        const claims = claimsOf(incoming.headers.authorization ?? '');
        const site = auth.hosts.get(body.host);
        if (site === undefined) return answerJson(outgoing, 404, problem(404, 'site_not_found'));
        if (!families.has(claims?.sid ?? '')) return answerJson(outgoing, 401, problem(401, 'token_revoked'));
        const origin = auth.originOf?.(body.host) ?? `http://${body.host}:8080`;
        const { nonce, remember } = body;
        const token = auth.handOver({
          claims: { aud: origin, sid: claims?.sid, site, nonce, ...(remember && { remember }) },
        });
        return answerJson(outgoing, 200, { token, expires_in: 60, origin });
      }
      if (path === '/auth/sso/exchange') {
        const claims = claimsOf(`Bearer ${body.token}`) as { sid: string; site: string; nonce: string } | undefined;
        const digest = createHash('sha256').update(String(body.verifier)).digest('base64url');
        if (claims?.nonce !== digest) return answerJson(outgoing, 401, problem(401, 'token_invalid'));
        const sid = `${claims.sid.split('.')[0]}.${randomUUID()}`;
        families.set(sid, 1);
        return answerJson(outgoing, 200, tokens(sid, claims.site));
      }
      if (path === '/auth/sso/logout') {
        const signOn = String(body.refresh_token).split('#')[0]?.split('.')[0] ?? '';
        for (const sid of families.keys()) if (sid.split('.')[0] === signOn) auth.end(sid);
        outgoing.writeHead(204).end();
        return;
      }
      if (path === '/auth/sessions' || path.startsWith('/auth/sessions/')) {
        const current = claimsOf(incoming.headers.authorization ?? '')?.sid;
        if (incoming.method === 'DELETE') {
          const one = path.split('/')[3];
          for (const sid of families.keys()) if (one === undefined || one === sid) auth.end(sid);
          outgoing.writeHead(204).end();
          return;
        }
        const items = [...families.keys()].map((id) => ({
          id,
          device: 'Firefox on Linux',
          address: '192.0.2.7',
          site: 'site-a.localhost',
          last_used_at: '2026-11-22T10:00:00Z',
          current: id === current,
        }));
        return answerJson(outgoing, 200, { items });
      }
      if (path === '/auth/login') {
        if (body.password !== 'right') return answerJson(outgoing, 401, problem(401, 'invalid_credentials'));
        const sid = randomUUID();
        families.set(sid, 1);
        authTimes.set(sid, Math.floor(now() / 1_000));
        return answerJson(outgoing, 200, tokens(sid, body.site ?? incoming.headers['x-gaia-site']));
      }
      if (path === '/auth/reauthenticate' && incoming.headers.authorization !== undefined) {
        if (body.current_password !== 'right') return answerJson(outgoing, 403, problem(403, 'wrong_password'));
        const former = claimsOf(incoming.headers.authorization)?.sid ?? '';
        families.delete(former);
        const sid = `${former.split('.')[0]}.${randomUUID()}`;
        families.set(sid, 1);
        authTimes.set(sid, Math.floor(now() / 1_000));
        return answerJson(outgoing, 200, tokens(sid, undefined));
      }
      if (path === '/auth/refresh') {
        const [sid = '', sequence] = String(body.refresh_token).split('#');
        if (families.get(sid) !== Number(sequence)) return answerJson(outgoing, 401, problem(401, 'token_revoked'));
        families.set(sid, Number(sequence) + 1);
        return answerJson(outgoing, 200, tokens(sid, undefined));
      }
      if (path === '/auth/switch') {
        const [sid = ''] = String(body.refresh_token).split('#');
        if (body.site === 'foreign.localhost') return answerJson(outgoing, 403, problem(403, 'not_a_member'));
        families.set(sid, (families.get(sid) ?? 0) + 1);
        return answerJson(outgoing, 200, tokens(sid, body.site));
      }
      if (path === '/auth/logout') {
        families.delete(String(body.refresh_token).split('#')[0] ?? '');
        outgoing.writeHead(204).end();
        return;
      }
      if (path === '/auth/me') {
        const claims = claimsOf(incoming.headers.authorization ?? '');
        return answerJson(outgoing, 200, {
          ...profile(),
          site: claims?.site ?? null,
          roles: auth.roles,
          scope: 'a b',
          sites: [...new Set(auth.hosts.values())].map((id) => ({ id, name: auth.names.get(id) ?? id, roles: [] })),
        });
      }
      if (path.startsWith('/auth/hosts/')) {
        const site = auth.hosts.get(decodeURIComponent(path.slice('/auth/hosts/'.length)));
        if (site === undefined) return answerJson(outgoing, 404, problem(404, 'site_not_found'));
        const host = decodeURIComponent(path.slice('/auth/hosts/'.length));
        const origin = auth.originOf?.(host);
        const name = auth.names.get(site) ?? `Site ${site}`;
        const origins = auth.origins.get(host) ?? [];
        const { registration } = auth;
        return answerJson(outgoing, 200, { site, name, registration, origins, ...(origin && { origin }) });
      }
      return answerJson(outgoing, 200, { service: 'auth', url: path, headers: incoming.headers, body: text });
    },
  };

  function profile() {
    const { name } = auth;
    return { id: 'u1', email: 'ann@example.org', email_verified: true, username: null, name, administrator: false };
  }

  function tokens(sid: string, site: unknown): Record<string, unknown> {
    const iat = Math.floor(now() / 1_000);
    const claims = {
      aud: auth.audience,
      sub: 'u1',
      sid,
      jti: randomUUID(),
      iat,
      exp: iat + auth.expiresIn,
      auth_time: authTimes.get(sid) ?? 0,
      roles: auth.roles,
      ...(site ? { site } : {}),
    };
    return {
      access_token: `${encode({ kid: 'k1' })}.${encode(claims)}.x`,
      token_type: 'Bearer',
      expires_in: auth.expiresIn,
      refresh_token: `${sid}#${families.get(sid)}`,
      refresh_expires_in: 86_400,
      user: profile(),
      ...(auth.sessionExpiresIn !== undefined && { session_expires_in: auth.sessionExpiresIn }),
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
