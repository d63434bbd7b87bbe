import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';
import type { Probe } from './load.ts';

export const site = 'site-a.localhost';

/** What users do all the time, each under its name. */
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
  /** Must be refused. */
  | 'revoked token';

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

/** What users hold before a round. */
export interface Sessions {
  /** In use: each verifier meets them for the first time at another moment. */
  readonly living: readonly string[];
  /** To be logged out one by one. */
  readonly leaving: string[];
  /** Good once: their sessions were ended before, and those that are added, meanwhile. */
  readonly revoked: string[];
}

/** What the cluster has acknowledged, and so must still know afterwards. */
export interface Acknowledged {
  readonly entries: string[];
  readonly files: string[];
}

/** Between two requests of a kind, in milliseconds. */
const EVERY_MS = 150;

const LIVING = 24;
const LEAVING = 40;
const AT_A_TIME = 8;

export async function openSessions(cluster: Cluster): Promise<Sessions> {
  const tokens: string[] = [];
  while (tokens.length < LIVING + LEAVING + 1) {
    const some = await Promise.all(Array.from({ length: AT_A_TIME }, () => login(cluster)));
    tokens.push(...some.map(({ access_token }) => access_token));
  }
  const [first = '', ...others] = tokens;
  const answer = await fetch(`${cluster.door.next()}/auth/logout`, { method: 'POST', headers: bearer(first) });
  if (answer.status !== 204) throw new Error(`the logout answered ${answer.status}`);
  return { living: others.slice(0, LIVING), leaving: others.slice(LIVING), revoked: [first] };
}

/** Patient: what the round before has left behind may not be over everywhere. */
export async function login(cluster: Cluster): Promise<Tokens> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await fetch(`${cluster.door.next()}/auth/login`, loginRequest(cluster));
    if (answer.ok) return (await answer.json()) as Tokens;
    if (answer.status !== 503 || attempt === 20) throw new Error(`the login answered ${answer.status}`);
    await sleep(1_000);
  }
}

export function probesOf(cluster: Cluster, sessions: Sessions, acknowledged: Acknowledged): Probe[] {
  const { door } = cluster;
  let turn = 0;
  const headers = () => {
    turn += 1;
    return bearer(sessions.living[turn % sessions.living.length] ?? '');
  };
  const get = (kind: Kind, path: string): Probe => ({
    kind,
    everyMs: EVERY_MS,
    request: () => ({ url: door.next() + path, init: { headers: headers() } }),
  });
  const post = (kind: Kind, everyMs: number, path: string, make: () => RequestInit, ids?: string[]): Probe => ({
    kind,
    everyMs,
    request: () => ({
      url: door.next() + path,
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
        const token = sessions.leaving.pop();
        if (token === undefined) return undefined;
        return {
          url: `${door.next()}/auth/logout`,
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
        return { url: `${door.next()}/cms/whoami`, init: { headers: bearer(token) } };
      },
    },
  ];
}

/** How many of the acknowledged entries and files cannot be read, and how many of the ended sessions are taken. */
export async function lookBack(
  cluster: Cluster,
  sessions: Sessions,
  { entries, files }: Acknowledged,
): Promise<{ lost: number; revived: number }> {
  const token = sessions.living[0] ?? '';
  const statuses = async (paths: readonly string[], tokens: readonly string[]): Promise<number[]> => {
    const all: number[] = [];
    for (const [index, path] of paths.entries()) {
      all.push(await statusOf(cluster.door.next() + path, tokens[index % tokens.length] ?? ''));
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
  let revived = 0;
  for (const path of ['/cms/whoami', '/assets/whoami', '/search/whoami', '/auth/me']) {
    const refused = await statuses(
      sessions.revoked.map(() => path),
      sessions.revoked,
    );
    revived += refused.filter((status) => status !== 401).length;
  }
  return { lost: kept.filter((status) => status !== 200).length, revived };
}

/** The status of an answer; once more and later, where it is that there is no answer for now. */
async function statusOf(url: string, token: string): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await fetch(url, { headers: bearer(token) });
    await answer.arrayBuffer();
    if (answer.status !== 503 || attempt === 5) return answer.status;
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
