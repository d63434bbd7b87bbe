import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '@gaia/cms/config';
import { migrateDatabase } from '@gaia/cms/start';
import { startEmbeddedPostgres } from '@gaia/embedded-postgres';
import { createTestIssuer } from '@gaia/testing/issuer';
import { Pool } from 'undici';
import { filled, SITE, seed } from './seed.ts';
import type { Order } from './server.ts';

const entries = Number(process.env.BENCH_ENTRIES ?? 100_000);
const rounds = Number(process.env.BENCH_ROUNDS ?? 5);
const seconds = Number(process.env.BENCH_SECONDS ?? 2);
/** Part of the name of the work to be measured; all if absent. */
const only = process.env.BENCH_ONLY ?? '';
const CONNECTIONS = 16;
const DATABASE_CONNECTIONS = 8;

type Request = { method: 'GET' | 'POST'; path: string; body?: string };
interface Contestant {
  readonly child: ChildProcess;
  readonly pool: Pool;
}

async function contestant(order: Order): Promise<Contestant> {
  const child = fork(fileURLToPath(new URL('./server.ts', import.meta.url)));
  child.send(order);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return { child, pool: new Pool(`http://127.0.0.1:${port}`, { connections: CONNECTIONS }) };
}

async function cpuSeconds(child: ChildProcess): Promise<number> {
  child.send('cpu');
  const [answer] = (await once(child, 'message')) as [{ cpuSeconds: number }];
  return answer.cpuSeconds;
}

/** Asks as fast as it is answered; gives answers a second, and a second of the server's processor time. */
async function drive({ child, pool }: Contestant, request: () => Request, authorization: string) {
  const before = await cpuSeconds(child);
  const startedAt = performance.now();
  let answers = 0;
  const worker = async () => {
    while (performance.now() - startedAt < seconds * 1_000) {
      const { body, ...rest } = request();
      const headers = { authorization, ...(body !== undefined && { 'content-type': 'application/json' }) };
      const answer = await pool.request({ ...rest, headers, body: body ?? null });
      const text = await answer.body.text();
      if (answer.statusCode >= 300) throw new Error(`${rest.path} was answered ${answer.statusCode}: ${text}`);
      answers += 1;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  const elapsed = (performance.now() - startedAt) / 1_000;
  return { perSecond: answers / elapsed, perCpuSecond: answers / ((await cpuSeconds(child)) - before) };
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const folder = await mkdtemp(join(tmpdir(), 'gaia-bench-content-'));
const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
const databaseUrl = await postgres.ensureDatabase('cms');
const issuer = await createTestIssuer();
const jwks = await issuer.listen();
await migrateDatabase(loadConfig({ DATABASE_URL: databaseUrl, JWKS_URL: jwks.url, CMS_KEK: '0'.repeat(64) }));
const { ids, typeId } = await seed(databaseUrl, entries);

const order = { databaseUrl, jwksUrl: jwks.url, typeId, connections: DATABASE_CONNECTIONS };
const gaia = await contestant({ start: 'gaia', ...order });
await filled(databaseUrl);
const floor = await contestant({ start: 'by hand', ...order });
const reader = `Bearer ${issuer.tokenFor({ role: 'member', subject: 'u-bench', site: SITE, expiresIn: 3_600 })}`;
const writer = `Bearer ${issuer.tokenFor({ role: 'editor', subject: 'u-bench', site: SITE, expiresIn: 3_600 })}`;

let turn = 0;
const fields = { title: 'A new article', body: 'Some words of text. '.repeat(25) };
const list = `/cms/sites/${SITE}/entries?type=article&sort=-published_at&limit=20&filter[rating][gte]=50`;
const works: readonly { name: string; wanted: number; token: string; request: () => Request }[] = [
  {
    name: 'read one entry',
    wanted: 0.7,
    token: reader,
    request: () => ({ method: 'GET', path: `/cms/sites/${SITE}/entries/${ids[turn++ % ids.length]}` }),
  },
  {
    name: 'list of 20, filtered and sorted',
    wanted: 0.4,
    token: reader,
    request: () => ({ method: 'GET', path: list }),
  },
  {
    name: 'create an entry',
    wanted: 0.3,
    token: writer,
    request: () => ({
      method: 'POST',
      path: `/cms/sites/${SITE}/entries`,
      body: JSON.stringify({ type: 'article', fields }),
    }),
  },
];

process.stdout.write(
  `${entries} entries, ${CONNECTIONS} connections, ${rounds} rounds of ${seconds} s, medians; by hand: the same SQL in bare routes\n\n`,
);
process.stdout.write('ratio by time   ratio by CPU   Gaia /s   by hand /s\n');
for (const { name, wanted, token, request } of works.filter((work) => work.name.includes(only))) {
  const ratios: { time: number; cpu: number; gaia: number; floor: number }[] = [];
  for (let round = -1; round < rounds; round += 1) {
    const pair = round % 2 === 0 ? [gaia, floor] : [floor, gaia];
    const results = new Map<Contestant, Awaited<ReturnType<typeof drive>>>();
    for (const one of pair) results.set(one, await drive(one, request, token));
    const [mine, bare] = [results.get(gaia), results.get(floor)];
    if (round < 0 || mine === undefined || bare === undefined) continue;
    ratios.push({
      time: mine.perSecond / bare.perSecond,
      cpu: mine.perCpuSecond / bare.perCpuSecond,
      gaia: mine.perSecond,
      floor: bare.perSecond,
    });
  }
  const of = (key: keyof (typeof ratios)[number]) => median(ratios.map((ratio) => ratio[key]));
  const cells = [
    of('time').toFixed(2).padStart(13),
    of('cpu').toFixed(2).padStart(15),
    of('gaia').toFixed(0).padStart(10),
    of('floor').toFixed(0).padStart(13),
  ];
  const reached = of('time') >= wanted;
  if (!reached) process.exitCode = 1;
  process.stdout.write(`${cells.join('')}   ${name}${reached ? '' : `: MISSED, wanted ${wanted}`}\n`);
}

for (const { child, pool } of [gaia, floor]) {
  await pool.destroy();
  child.disconnect();
}
await jwks.close();
await postgres.stop();
await rm(folder, { recursive: true, force: true });
