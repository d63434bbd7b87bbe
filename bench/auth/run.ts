import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startEmbeddedPostgres } from '@gaia/embedded-postgres';
import { openState } from '@gaia/state/open';
import { hash, verify } from '@node-rs/argon2';
import { Agent, request } from 'undici';
import { startRedis } from './redis.ts';

const seconds = Number(process.env.BENCH_SECONDS ?? 5);
const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const cores = availableParallelism();
const FAMILIES = 5_000;
const CONNECTIONS = 32;
/** OWASP's argon2id: the service's default cost. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const administrator = { email: 'bench@gaia.test', password: 'a password of the benchmark 7391' };

const directory = mkdtempSync(join(tmpdir(), 'gaia-bench-auth-'));
const postgres = await startEmbeddedPostgres({ dataDir: join(directory, 'postgres') });
const redis = await startRedis();
const child = fork(fileURLToPath(new URL('./server.ts', import.meta.url)));
child.send({
  env: {
    DATABASE_URL: await postgres.ensureDatabase('auth'),
    REDIS_URL: redis.url,
    AUTH_KEK: randomBytes(32).toString('hex'),
    AUTH_REFRESH_SECRET: randomBytes(32).toString('hex'),
    GAIA_ADMIN_EMAIL: administrator.email,
    GAIA_ADMIN_PASSWORD: administrator.password,
    GAIA_DATA_DIR: directory,
    MAIL_DIR: join(directory, 'mail'),
    RATE_LIMIT: 'off',
  },
});
const [{ port }] = (await once(child, 'message')) as [{ port: number }];
const base = `http://127.0.0.1:${port}`;
const dispatcher = new Agent({ connections: CONNECTIONS });

async function post(path: string, body: object): Promise<Record<string, string>> {
  const answer = await request(`${base}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    dispatcher,
  });
  const json = (await answer.body.json()) as Record<string, string>;
  if (answer.statusCode !== 200) throw new Error(`${path} answered ${answer.statusCode} ${json.code}`);
  return json;
}

/** Does the work again and again, so many at a time; gives how often a second. */
async function rate(parallel: number, work: (worker: number) => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  let done = 0;
  const worker = async (index: number) => {
    while (performance.now() - startedAt < seconds * 1_000) {
      await work(index);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: parallel }, (_, index) => worker(index)));
  return (done * 1_000) / (performance.now() - startedAt);
}

async function cpuSeconds(): Promise<number> {
  child.send('cpu');
  const [answer] = (await once(child, 'message')) as [{ cpuSeconds: number }];
  return answer.cpuSeconds;
}

/** Milliseconds of other routes, asked for at a steady pace until the work is done. */
async function latenciesDuring(work: Promise<unknown>, accessToken: string): Promise<number[]> {
  const latencies: number[] = [];
  let running = true;
  void work.finally(() => {
    running = false;
  });
  const own = new Agent({ connections: 4 });
  while (running) {
    for (const path of ['/.well-known/jwks.json', '/auth/me']) {
      const at = performance.now();
      const answer = await request(`${base}${path}`, {
        headers: { authorization: `Bearer ${accessToken}` },
        dispatcher: own,
      });
      await answer.body.dump();
      if (answer.statusCode !== 200) throw new Error(`${path} answered ${answer.statusCode}`);
      latencies.push(performance.now() - at);
    }
    await sleep(10);
  }
  await own.close();
  return latencies.sort((one, other) => one - other);
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const write = (line: string) => process.stdout.write(`${line}\n`);

const passwordHash = await hash(administrator.password, cost);
const { access_token: accessToken = '' } = await post('/auth/login', administrator);
const raw: number[] = [];
const logins: number[] = [];
const p99s: number[] = [];
const perSecond: number[] = [];
const perCore: number[] = [];
for (let round = 0; round < rounds; round += 1) {
  raw.push(await rate(cores, () => verify(passwordHash, administrator.password)));
  const loggingIn = rate(cores * 4, () => post('/auth/login', administrator));
  const latencies = await latenciesDuring(loggingIn, accessToken);
  logins.push(await loggingIn);
  p99s.push(latencies[Math.floor(latencies.length * 0.99)] ?? Number.NaN);

  const tokens: string[] = [];
  for (let index = 0; index < CONNECTIONS; index += 1) {
    tokens.push((await post('/auth/login', administrator)).refresh_token ?? '');
  }
  const before = await cpuSeconds();
  const startedAt = performance.now();
  const refreshes = await rate(CONNECTIONS, async (worker) => {
    tokens[worker] = (await post('/auth/refresh', { refresh_token: tokens[worker] })).refresh_token ?? '';
  });
  const elapsed = (performance.now() - startedAt) / 1_000;
  perSecond.push(refreshes);
  perCore.push((refreshes * elapsed) / ((await cpuSeconds()) - before));
}

const state = openState({
  redisUrl: redis.url,
  now: Date.now,
  log: { info: () => {}, warn: () => {} },
});
const bytesBefore = await redis.usedBytes();
for (let index = 0; index < FAMILIES; index += 1) {
  const now = Date.now();
  const family = {
    sid: randomBytes(16).toString('base64url'),
    sub: `019aa5b2-0000-7000-8000-${String(index % 2_500).padStart(12, '0')}`,
    site: 'site-a.localhost',
    clientId: 'gaia',
    amr: ['pwd'],
    userAgent:
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0 Safari/537.36',
    address: '203.0.113.77',
    createdAt: now,
    sequence: 1,
    rotatedAt: now,
    absoluteEnd: now + 30 * 86_400_000,
  };
  await state.families.create(family, 7 * 86_400_000, now);
}
const bytes = ((await redis.usedBytes()) - bytesBefore) / FAMILIES;
await state.close();

const ratio = median(logins.map((rate, round) => rate / (raw[round] ?? Number.NaN)));
write(`${cores} cores, ${rounds} rounds of ${seconds} s, medians`);
write(`raw argon2id verify      ${median(raw).toFixed(1)} /s`);
write(`logins over HTTP         ${median(logins).toFixed(1)} /s   ${ratio.toFixed(3)} of raw`);
write(`other routes meanwhile   p99 ${median(p99s).toFixed(1)} ms`);
write(
  `refreshes over HTTP      ${median(perSecond).toFixed(0)} /s   ${median(perCore).toFixed(0)} / CPU second of the service`,
);
write(`Redis                    ${bytes.toFixed(0)} bytes a family`);
const targets: readonly (readonly [string, boolean])[] = [
  ['logins at 0.90 of the raw rate', ratio >= 0.9],
  ['other routes p99 under 50 ms', median(p99s) < 50],
  ['1,500 refreshes a second and core', median(perCore) >= 1_500],
];
for (const [name, reached] of targets) {
  write(`${reached ? 'reached' : 'MISSED '}  ${name}`);
  if (!reached) process.exitCode = 1;
}

await dispatcher.close();
child.kill();
redis.stop();
await postgres.stop();
rmSync(directory, { recursive: true, force: true });
