import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../suite/src/config.ts';
import { startSuite } from '../../suite/src/suite.ts';
import { percentile } from './latencies.ts';

/**
 * Publish → searchable through the gateway of a real suite in this process: from the answer of the publish to the answer of
 * a search that finds the entry. `min_seq` asks once and waits; polling asks again and again without it.
 */
const count = Number(process.env.BENCH_PUBLISHES ?? 200);
const port = Number(process.env.BENCH_PORT ?? 28_080);
const site = 'site-a.localhost';
const password = 'correct-horse-battery';

const dataDir = mkdtempSync(join(tmpdir(), 'gaia-bench-publish-'));
const env = {
  PORT: String(port),
  GAIA_DATA_DIR: dataDir,
  GAIA_ADMIN_PASSWORD: password,
  LOG_LEVEL: 'error',
  RATE_LIMIT: 'off',
};
const suite = await startSuite({ config: loadConfig(env, dataDir), env, mode: 'together', say: () => {} });
const gateway = `http://localhost:${port}`;

interface Answer {
  readonly access_token: string;
  readonly id: string;
  readonly seq: string;
  readonly items: readonly { readonly id: string }[];
}

async function call(method: string, path: string, { token, body }: { token?: string; body?: object } = {}) {
  const answer = await fetch(`${gateway}${path}`, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const json = (await answer.json()) as Answer;
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(json)}`);
  return json;
}

const login = { email: 'admin@localhost', password, site };
const { access_token: token } = await call('POST', '/auth/login', { body: login });
const entries = `/cms/sites/${site}/entries`;
const waiting: number[] = [];
const polling: number[] = [];
for (let index = 0; index < count; index += 1) {
  const word = `heron${index.toString(36)}x${Math.floor(Math.random() * 1e9).toString(36)}`;
  const body = { type: 'article', fields: { title: `The ${word}`, body: 'stands in the river' } };
  const { id } = await call('POST', entries, { token, body });
  const { seq } = await call('POST', `${entries}/${id}/publish`, { token });
  const publishedAt = performance.now();
  const search = `/search?site=${site}&q=${word}`;
  const found = async (path: string) => (await call('GET', path)).items.some((item) => item.id === id);
  if (index % 2 === 0) {
    if (!(await found(`${search}&min_seq=${seq}`))) throw new Error('min_seq did not wait for the change');
  } else {
    while (!(await found(search))) if (performance.now() - publishedAt > 10_000) throw new Error('not found in 10 s');
  }
  (index % 2 === 0 ? waiting : polling).push(performance.now() - publishedAt);
}
for (const [name, latencies] of Object.entries({ min_seq: waiting, polling })) {
  const [p50, p95, p99] = [50, 95, 99].map((percent) => percentile(latencies, percent).toFixed(0));
  process.stdout.write(`publish → found, ${name}: p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms (${latencies.length})\n`);
}
const reached = percentile([...waiting, ...polling], 99);
process.stdout.write(`${reached < 500 ? 'reached' : 'MISSED '}  p99 < 500 ms: ${reached.toFixed(0)}\n`);
if (reached >= 500) process.exitCode = 1;
await suite.close();
rmSync(dataDir, { recursive: true, force: true });
