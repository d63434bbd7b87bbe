import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '@gaia/cms/config';
import { migrateDatabase } from '@gaia/cms/start';
import { startEmbeddedPostgres } from '@gaia/embedded-postgres';
import { createTestIssuer } from '@gaia/testing/issuer';
import { Pool } from 'undici';
import { lists } from './lists.ts';
import { filled, SITE, seed } from './seed.ts';
import type { Order } from './server.ts';

const entries = Number(process.env.BENCH_ENTRIES ?? 10_000);
const samples = Number(process.env.BENCH_SAMPLES ?? 60);

async function contestant(order: Order): Promise<{ child: ChildProcess; pool: Pool }> {
  const child = fork(fileURLToPath(new URL('./server.ts', import.meta.url)));
  child.send(order);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return { child, pool: new Pool(`http://127.0.0.1:${port}`, { connections: 1 }) };
}

/** Milliseconds of so many requests, one after the other. */
async function latencies(pool: Pool, path: string, authorization: string | undefined): Promise<number[]> {
  const all: number[] = [];
  for (let n = -5; n < samples; n += 1) {
    const startedAt = performance.now();
    const headers = authorization === undefined ? {} : { authorization };
    const answer = await pool.request({ method: 'GET', path, headers });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`${path} was answered ${answer.statusCode}: ${text}`);
    if (n >= 0) all.push(performance.now() - startedAt);
  }
  return all.toSorted((one, other) => one - other);
}

const at = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

const folder = await mkdtemp(join(tmpdir(), 'gaia-bench-lists-'));
const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
const databaseUrl = await postgres.ensureDatabase('cms');
const issuer = await createTestIssuer();
const jwks = await issuer.listen();
await migrateDatabase(loadConfig({ DATABASE_URL: databaseUrl, JWKS_URL: jwks.url, CMS_KEK: '0'.repeat(64) }));
let since = performance.now();
const elapsed = () => `${((performance.now() - since) / 1_000).toFixed(0)} s`;
const { typeId } = await seed(databaseUrl, entries);
process.stdout.write(`${entries} entries in ${elapsed()}\n`);
since = performance.now();
const order = { databaseUrl, jwksUrl: jwks.url, typeId, connections: 4 };
const gaia = await contestant({ start: 'gaia', ...order });
await filled(databaseUrl);
process.stdout.write(`variants written in the background in ${elapsed()}\n`);
const floor = await contestant({ start: 'by hand', ...order });
const tokenOf = (role: 'member' | 'author' | 'editor', subject: string) =>
  `Bearer ${issuer.tokenFor({ role, subject, site: SITE, expiresIn: 3_600 })}`;
const callers = [
  ['anonymous', undefined],
  ['member', tokenOf('member', 'u-bench')],
  ['author', tokenOf('author', 'u-7')],
  ['editor', tokenOf('editor', 'u-editor')],
] as const;

const cell = (value: number) => value.toFixed(1).padStart(8);
process.stdout.write(
  `\nms, one request after the other, ${samples} each; by hand: the same SQL in bare routes, as anonymous\n`,
);
process.stdout.write('     p50     p95     p99   p50 to by hand   list, caller\n');
for (const [index, { name, query }] of lists.entries()) {
  const bare = await latencies(floor.pool, `/lists/${index}`, undefined);
  process.stdout.write(
    `${cell(at(bare, 0.5))}${cell(at(bare, 0.95))}${cell(at(bare, 0.99))}${' '.repeat(17)}   ${name}, by hand\n`,
  );
  for (const [caller, token] of callers) {
    const path = `/cms/sites/${SITE}/entries?type=article&limit=20&${query}`;
    const mine = await latencies(gaia.pool, path, token);
    const ratio = at(mine, 0.5) / at(bare, 0.5);
    process.stdout.write(
      `${cell(at(mine, 0.5))}${cell(at(mine, 0.95))}${cell(at(mine, 0.99))}${ratio.toFixed(2).padStart(17)}   ${name}, ${caller}\n`,
    );
  }
}
process.stdout.write(
  `\nload of the machine: ${loadavg()
    .map((load) => load.toFixed(1))
    .join(' ')}\n`,
);

for (const { child, pool } of [gaia, floor]) {
  await pool.destroy();
  child.disconnect();
}
await jwks.close();
await postgres.stop();
await rm(folder, { recursive: true, force: true });
