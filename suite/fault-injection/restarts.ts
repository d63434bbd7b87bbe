import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster, Service } from './cluster.ts';
import { type Sample, startLoad } from './load.ts';
import {
  type Acknowledged,
  bearer,
  checkAcknowledged,
  login,
  loginRequest,
  openSessions,
  probesOf,
  site,
} from './probes.ts';
import { succeeded } from './rounds.ts';

const REPLICAS = 2;

export interface RollingRestart {
  readonly service: Service;
  readonly replicas: number;
  readonly total: number;
  readonly failed: readonly Sample[];
  readonly slowestMs: number;
  readonly lost: number;
  readonly acceptedRevoked: number;
}

/** Restarts the replicas of a service one after the other under load. */
export async function restartRolling(cluster: Cluster, service: Service): Promise<RollingRestart> {
  await cluster.scale({ [service]: REPLICAS });
  const sessions = await openSessions(cluster);
  const acknowledged: Acknowledged = { entries: [], files: [] };
  const load = startLoad(probesOf(cluster, sessions, acknowledged));
  await sleep(1_000);
  await cluster.restartRolling(service);
  await sleep(1_000);
  await load.stop();
  const samples = load.samples.filter((sample) => sample.kind !== 'revoked token');
  const taken = load.samples.filter((sample) => sample.kind === 'revoked token' && succeeded(sample));
  const { lost, acceptedRevoked } = await checkAcknowledged(cluster, sessions, acknowledged);
  await cluster.scale({ [service]: 1 });
  return {
    service,
    replicas: REPLICAS,
    total: samples.length,
    failed: samples.filter((sample) => !succeeded(sample)),
    slowestMs: Math.max(0, ...samples.map((sample) => sample.ms)),
    lost,
    acceptedRevoked: acceptedRevoked + taken.length,
  };
}

/** Checks what must survive `docker compose down` and `up`. `instead` is the response to a failed check. */
export async function downAndUp(cluster: Cluster): Promise<{ readonly what: string; readonly instead?: string }[]> {
  const { gateways } = cluster;
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(gateways.next() + path, init);
    return { status: response.status, headers: response.headers, body: await response.text() };
  };
  const json = { 'content-type': 'application/json' };
  const { access_token, refresh_token } = await login(cluster);
  const ended = await login(cluster);
  await ask('/auth/logout', { method: 'POST', headers: bearer(ended.access_token) });
  const browser = await ask('/session', loginRequest(cluster));
  const cookie = browser.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
  const title = `Kept ${Math.random()}`;
  const entry = await ask(`/cms/sites/${site}/entries`, {
    method: 'POST',
    headers: { ...bearer(access_token), ...json },
    body: JSON.stringify({ type: 'article', visibility: 'public', fields: { title } }),
  });
  const { id } = JSON.parse(entry.body) as { id: string };
  const form = new FormData();
  form.append('file', new Blob([title]), 'kept.txt');
  const upload = await ask(`/assets/sites/${site}/files`, {
    method: 'POST',
    headers: bearer(access_token),
    body: form,
  });
  const file = (JSON.parse(upload.body) as { id: string }).id;
  const publish = await ask(`/cms/sites/${site}/entries/${id}/publish`, {
    method: 'POST',
    headers: bearer(access_token),
  });
  const { seq } = JSON.parse(publish.body) as { seq: string };

  await cluster.downAndUp();

  const shows = async (what: string, path: string, init: RequestInit, status: number, text = '') => {
    const response = await ask(path, init);
    const good = response.status === status && response.body.includes(text);
    return good ? { what } : { what, instead: `${response.status} ${response.body.slice(0, 200)}` };
  };
  const post = (body: object) => ({ method: 'POST', headers: json, body: JSON.stringify(body) });
  return [
    await shows('accepts an access token', '/cms/whoami', { headers: bearer(access_token) }, 200),
    await shows('accepts a refresh token', '/auth/refresh', post({ refresh_token }), 200),
    await shows('keeps a browser session', '/session', { headers: { cookie } }, 200, '"authenticated":true'),
    await shows('accepts its cookie in cms', '/cms/whoami', { headers: { cookie } }, 200),
    await shows(
      'refuses the access token of an ended session',
      '/cms/whoami',
      { headers: bearer(ended.access_token) },
      401,
    ),
    await shows('refuses its refresh token', '/auth/refresh', post({ refresh_token: ended.refresh_token }), 401),
    await shows('keeps an entry', `/cms/sites/${site}/entries/${id}`, {}, 200, title),
    await shows('finds it', `/search?site=${site}&q=kept&min_seq=${seq}`, {}, 200, id),
    await shows('keeps a file', `/assets/${file}`, { headers: bearer(access_token) }, 200, title),
  ];
}
