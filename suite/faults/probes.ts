import type { Cluster } from './cluster.ts';
import type { Probe } from './load.ts';

const site = 'site-a.localhost';

export interface Tokens {
  readonly accessToken: string;
  /** A token that was good once: its session has been ended. */
  readonly revokedToken: string;
}

/** Logs in twice and ends one of the sessions. */
export async function openSessions(cluster: Cluster): Promise<Tokens> {
  const login = async () => {
    const answer = await fetch(`${cluster.url}/auth/login`, loginRequest(cluster));
    if (!answer.ok) throw new Error(`the login answered ${answer.status}`);
    const { access_token } = (await answer.json()) as { access_token: string };
    return access_token;
  };
  const [accessToken, revokedToken] = [await login(), await login()];
  await fetch(`${cluster.url}/auth/logout`, { method: 'POST', headers: bearer(revokedToken) });
  return { accessToken, revokedToken };
}

/** What users do all the time, each under its name. Entries that were acknowledged are added to `written`. */
export function probesOf(cluster: Cluster, tokens: Tokens, written: string[]): Probe[] {
  const { url } = cluster;
  const headers = bearer(tokens.accessToken);
  const get = (kind: string, path: string): Probe => ({
    kind,
    everyMs: 100,
    request: () => ({ url: url + path, init: { headers } }),
  });
  return [
    get('verify in cms', '/cms/whoami'),
    get('verify in assets', '/assets/whoami'),
    get('verify in search', '/search/whoami'),
    get('read', `/cms/sites/${site}/entries?limit=5`),
    get('search', `/search?site=${site}&q=welcome`),
    get('files', `/assets/sites/${site}/files?limit=1`),
    {
      kind: 'write',
      everyMs: 100,
      request: () => {
        const fields = { title: `Under load ${Math.random()}` };
        const body = JSON.stringify({ type: 'article', fields });
        return {
          url: `${url}/cms/sites/${site}/entries`,
          init: { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body },
        };
      },
      acknowledged: (body) => written.push((JSON.parse(body) as { id: string }).id),
    },
    { kind: 'log in', everyMs: 500, request: () => ({ url: `${url}/auth/login`, init: loginRequest(cluster) }) },
    {
      kind: 'revoked token',
      everyMs: 100,
      request: () => ({ url: `${url}/cms/whoami`, init: { headers: bearer(tokens.revokedToken) } }),
    },
  ];
}

/** Which of the acknowledged entries cannot be read. */
export async function lostWrites(cluster: Cluster, tokens: Tokens, written: readonly string[]): Promise<string[]> {
  const lost: string[] = [];
  for (const id of written) {
    const answer = await fetch(`${cluster.url}/cms/sites/${site}/entries/${id}`, {
      headers: bearer(tokens.accessToken),
    });
    await answer.arrayBuffer();
    if (answer.status !== 200) lost.push(id);
  }
  return lost;
}

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

function loginRequest(cluster: Cluster): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'admin@localhost', password: cluster.password, site }),
  };
}
