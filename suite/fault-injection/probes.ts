import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';
import type { Probe } from './load.ts';

export const site = 'site-a.localhost';

/** A kind of request of a user. */
export type Kind =
  | 'verify in cms'
  | 'verify in assets'
  | 'verify in search'
  | 'read'
  | 'search'
  | 'list files'
  | 'write'
  | 'upload'
  | 'log in'
  | 'log out'
  /** Must get 401. */
  | 'revoked token';

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

/** Access tokens by the state of their session. */
export interface Sessions {
  /** Many, so that each verifier sees new tokens throughout the round. */
  readonly active: readonly string[];
  readonly toLogOut: string[];
  /** Of sessions that ended before or during the round. */
  readonly revoked: string[];
}

/** Ids of acknowledged writes. */
export interface Acknowledged {
  readonly entries: string[];
  readonly files: string[];
}

/** Interval between requests of one kind. */
const EVERY_MS = 150;

const ACTIVE = 24;
const TO_LOG_OUT = 40;
const AT_A_TIME = 8;

export async function openSessions(cluster: Cluster): Promise<Sessions> {
  const tokens: string[] = [];
  while (tokens.length < ACTIVE + TO_LOG_OUT + 1) {
    const some = await Promise.all(Array.from({ length: AT_A_TIME }, () => login(cluster)));
    tokens.push(...some.map(({ access_token }) => access_token));
  }
  const [first = '', ...others] = tokens;
  const response = await fetch(`${cluster.gateways.next()}/auth/logout`, { method: 'POST', headers: bearer(first) });
  if (response.status !== 204) throw new Error(`the status of the logout is ${response.status}`);
  return { active: others.slice(0, ACTIVE), toLogOut: others.slice(ACTIVE), revoked: [first] };
}

/** Retries on 503: the round before may still have effects. */
export async function login(cluster: Cluster): Promise<Tokens> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await fetch(`${cluster.gateways.next()}/auth/login`, loginRequest(cluster));
    if (response.ok) return (await response.json()) as Tokens;
    if (response.status !== 503 || attempt === 20) throw new Error(`the status of the login is ${response.status}`);
    await sleep(1_000);
  }
}

export function probesOf(cluster: Cluster, sessions: Sessions, acknowledged: Acknowledged): Probe[] {
  const { gateways } = cluster;
  let turn = 0;
  const headers = () => {
    turn += 1;
    return bearer(sessions.active[turn % sessions.active.length] ?? '');
  };
  const get = (kind: Kind, path: string): Probe => ({
    kind,
    everyMs: EVERY_MS,
    request: () => ({ url: gateways.next() + path, init: { headers: headers() } }),
  });
  const post = (kind: Kind, everyMs: number, path: string, make: () => RequestInit, ids?: string[]): Probe => ({
    kind,
    everyMs,
    request: () => ({
      url: gateways.next() + path,
      init: { method: 'POST', ...make() },
      ...(ids !== undefined && {
        acknowledged: (body: string) => void ids.push((JSON.parse(body) as { id: string }).id),
      }),
    }),
  });
  return [
    get('verify in cms', '/cms/whoami'),
    get('verify in assets', '/assets/whoami'),
    get('verify in search', '/search/whoami'),
    get('read', `/cms/sites/${site}/entries?limit=5`),
    get('search', `/search?site=${site}&q=welcome`),
    get('list files', `/assets/sites/${site}/files?limit=1`),
    post('write', EVERY_MS, `/cms/sites/${site}/entries`, () => entryBody(headers()), acknowledged.entries),
    post('upload', 500, `/assets/sites/${site}/files`, () => fileBody(headers()), acknowledged.files),
    post('log in', 500, '/auth/login', () => loginRequest(cluster)),
    {
      kind: 'log out' satisfies Kind,
      everyMs: 500,
      request: () => {
        const token = sessions.toLogOut.pop();
        if (token === undefined) return undefined;
        return {
          url: `${gateways.next()}/auth/logout`,
          init: { method: 'POST', headers: bearer(token) },
          acknowledged: () => void sessions.revoked.push(token),
        };
      },
    },
    {
      kind: 'revoked token' satisfies Kind,
      everyMs: EVERY_MS,
      request: () => {
        // Not the newest: it may have been revoked while this request was under way.
        const token = sessions.revoked[Math.floor(Math.random() * Math.max(1, sessions.revoked.length - 2))] ?? '';
        return { url: `${gateways.next()}/cms/whoami`, init: { headers: bearer(token) } };
      },
    },
  ];
}

/** Counts acknowledged entries and files that cannot be read, and accepted tokens of ended sessions. */
export async function checkAcknowledged(
  cluster: Cluster,
  sessions: Sessions,
  { entries, files }: Acknowledged,
): Promise<{ lost: number; acceptedRevoked: number }> {
  const token = sessions.active[0] ?? '';
  const statuses = async (paths: readonly string[], tokens: readonly string[]): Promise<number[]> => {
    const all: number[] = [];
    for (const [index, path] of paths.entries()) {
      all.push(await statusOf(cluster.gateways.next() + path, tokens[index % tokens.length] ?? ''));
    }
    return all;
  };
  const kept = [
    ...(await statuses(
      entries.map((id) => `/cms/sites/${site}/entries/${id}`),
      [token],
    )),
    ...(await statuses(
      files.map((id) => `/assets/${id}`),
      [token],
    )),
  ];
  let acceptedRevoked = 0;
  for (const path of ['/cms/whoami', '/assets/whoami', '/search/whoami', '/auth/me']) {
    const refused = await statuses(
      sessions.revoked.map(() => path),
      sessions.revoked,
    );
    acceptedRevoked += refused.filter((status) => status !== 401).length;
  }
  return { lost: kept.filter((status) => status !== 200).length, acceptedRevoked };
}

/** Retries on 503. */
async function statusOf(url: string, token: string): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await fetch(url, { headers: bearer(token) });
    await response.arrayBuffer();
    if (response.status !== 503 || attempt === 5) return response.status;
    await sleep(1_000);
  }
}

export function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

function entryBody(headers: Record<string, string>): RequestInit {
  const fields = { title: `Under load ${Math.random()}` };
  return {
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'article', fields }),
  };
}

function fileBody(headers: Record<string, string>): RequestInit {
  const body = new FormData();
  body.append('file', new Blob([`under load ${Math.random()}`]), 'note.txt');
  return { headers, body };
}

export function loginRequest(cluster: Cluster): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'admin@localhost', password: cluster.password, site }),
  };
}
