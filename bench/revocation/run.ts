/**
 * How soon a logout is enforced: from the answer of `POST /auth/logout` to the first refusal of each service, every service
 * a process of its own; the same for the compromise of a key; and how soon after the way between a service and Redis was
 * cut and restored.
 * Run: node bench/revocation/run.ts (needs a redis-server, or REDIS_URL).
 * BENCH_ROUNDS (200), BENCH_COMPROMISES (20), BENCH_CUTS (20), BENCH_OUTAGE_MS (4000), BENCH_PORT.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { loadSettings } from '@gaia/settings';
import { openState } from '@gaia/state/open';
import { startCuttableProxy } from '@gaia/test-servers/cuttable-proxy';
import { createGuard } from '@gaia/token-guard/guard';
import { guardSettings } from '@gaia/token-guard/settings';
import { Agent, request } from 'undici';
import { password, startServers } from './servers.ts';

const rounds = Number(process.env.BENCH_ROUNDS ?? 200);
const compromises = Number(process.env.BENCH_COMPROMISES ?? 20);
const cuts = Number(process.env.BENCH_CUTS ?? 20);
const port = Number(process.env.BENCH_PORT ?? 33_080);
const GIVE_UP_MS = 10_000;
const longestOutageMs = Number(process.env.BENCH_OUTAGE_MS ?? 4_000);

const places = [
  { name: 'auth', offset: 1, path: '/auth/me' },
  { name: 'cms', offset: 2, path: '/cms/whoami' },
  { name: 'assets', offset: 3, path: '/assets/whoami' },
  { name: 'search', offset: 4, path: '/search/whoami' },
  { name: 'gateway', offset: 0, path: '/cms/whoami' },
] as const;

await using servers = await startServers(port);
const dispatcher = new Agent({ pipelining: 1 });

async function statusOf(method: 'GET' | 'POST', url: string, token: string): Promise<number> {
  const { statusCode, body } = await request(url, {
    dispatcher,
    method,
    headers: { authorization: `Bearer ${token}` },
  });
  await body.dump();
  return statusCode;
}

async function login(): Promise<string> {
  const { body } = await request(`http://127.0.0.1:${port}/auth/login`, {
    dispatcher,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'admin@localhost', password, site: 'site-a.localhost' }),
  });
  const { access_token: token } = (await body.json()) as { access_token?: string };
  if (token === undefined) throw new Error('the login was refused');
  return token;
}

async function logout(token: string): Promise<number> {
  const status = await statusOf('POST', `http://127.0.0.1:${port}/auth/logout`, token);
  if (status !== 204) throw new Error(`the logout was answered ${status}`);
  return performance.now();
}

/** Milliseconds since `from` until a question is answered with yes. */
async function until(isSo: () => Promise<boolean>, from: number): Promise<number> {
  while (!(await isSo())) {
    if (performance.now() - from > GIVE_UP_MS) throw new Error(`not within ${GIVE_UP_MS} ms`);
  }
  return performance.now() - from;
}

function report(name: string, values: readonly number[]): void {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part: number) => (sorted[Math.ceil(sorted.length * part) - 1] ?? Number.NaN).toFixed(1).padStart(7);
  console.log(
    `${name.padEnd(34)} p50 ${at(0.5)} ms   p99 ${at(0.99)} ms   max ${at(1)} ms   (${sorted.length} rounds)`,
  );
}

/** Ends what a token came from, again and again, and measures from the answer of each command. */
async function measure(name: string, times: number, command: (token: string) => Promise<number>): Promise<void> {
  const samples = new Map<string, number[]>(places.map((place) => [place.name, []]));
  const slowest: number[] = [];
  for (let round = 0; round < times; round += 1) {
    const token = await login();
    const urls = places.map((place) => ({ ...place, url: `http://127.0.0.1:${port + place.offset}${place.path}` }));
    for (const place of urls) {
      if ((await statusOf('GET', place.url, token)) !== 200) throw new Error(`${place.name} refused a good token`);
    }
    const from = await command(token);
    const all = await Promise.all(
      urls.map(async (place) => {
        const time = await until(async () => (await statusOf('GET', place.url, token)) === 401, from);
        samples.get(place.name)?.push(time);
        return time;
      }),
    );
    slowest.push(Math.max(...all));
  }
  console.log(`from the answer of ${name} to the first refusal, the request itself included:`);
  for (const [place, values] of samples) report(`  ${place}`, values);
  report('  every service', slowest);
}

async function compromise(token: string): Promise<number> {
  const { kid } = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('utf8'));
  const status = await statusOf('POST', `http://127.0.0.1:${port}/auth/keys/${kid}/compromise`, token);
  if (status !== 200) throw new Error(`the compromise was answered ${status}`);
  return performance.now();
}

if (rounds > 0) await measure('the logout', rounds, logout);
if (compromises > 0) await measure('the compromise of a key', compromises, compromise);

const proxy = await startCuttableProxy(servers.redisUrl);
const state = openState({ redisUrl: proxy.url, now: Date.now });
const issuer = `http://localhost:${port}`;
const guard = createGuard(
  loadSettings(guardSettings, { GAIA_ISSUER: issuer, JWKS_URL: `http://127.0.0.1:${port + 1}/.well-known/jwks.json` }),
  { feed: state.revocations, fetch },
);
await guard.ready;
const isServed = (token: string) =>
  guard.verifier.verify(token).then(
    () => true,
    () => false,
  );
const afterCut: number[] = [];
for (let round = 0; round < cuts; round += 1) {
  const token = await login();
  if (!(await isServed(token))) throw new Error('a good token was refused');
  proxy.cut();
  await logout(token);
  await sleep(longestOutageMs * ((round + 1) / cuts));
  if (!(await isServed(token))) throw new Error('the revocation came through a cut connection');
  proxy.restore();
  const restored = performance.now();
  afterCut.push(
    await until(async () => {
      await sleep(1);
      return !(await isServed(token));
    }, restored),
  );
}
console.log('a service whose connection to Redis was cut during the logout, from its return:');
report('  token-guard', afterCut);
await guard.close();
await state.close();
await proxy.close();
await dispatcher.close();
