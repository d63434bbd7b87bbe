import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { testDatabase } from '@gaia/test-servers/postgres';
import { expect, inject, it, vi } from 'vitest';
import { loadConfig } from '../src/config.ts';
import { type ServiceName, serviceEnvironments, serviceNames } from '../src/environments.ts';
import { keepSecrets } from '../src/secrets.ts';
import { serviceSettings } from '../src/services.ts';
import { startSuite } from '../src/suite.ts';
import { login, site } from './known-keys.ts';
import { call, freePorts, password } from './running-suite.ts';

const { redis } = inject('gaiaServers');
const redisUrl = 'url' in redis ? redis.url : undefined;
const why = 'unavailable' in redis ? ` (skipped: ${redis.unavailable})` : '';
const root = join(import.meta.dirname, '..', '..');

/** Writes that are answered in all, and kills among them; the whole form is `KILL_WRITES=1000 KILLS=3`. */
const WRITES = Number(process.env.KILL_WRITES ?? 240);
const KILLS = Number(process.env.KILLS ?? 1);
const WRITERS = 8;
/** Longest wait for anything: processes start slowly on a busy machine. */
const patience = { timeout: 120_000, interval: 2 };

it.skipIf(redisUrl === undefined)(
  `kill -9 of cms in the middle of writes loses nothing that was acknowledged, and the index equals the database${why}`,
  async () => {
    await using opened = new AsyncDisposableStack();
    const { url, cmsUrl, startCms, killCms } = await startSeparateSuite(opened, redisUrl ?? '');
    const { access: token } = await login(url);
    const type = { name: 'note', fields: [{ name: 'title', type: 'text', required: true }] };
    expect((await call('POST', `${url}/cms/sites/${site}/types`, { token, body: type })).status).toBe(201);

    /** What was answered with 201 or 200, by id: the title, and whether publishing was acknowledged. */
    const acknowledged = new Map<string, { title: string; published: boolean }>();
    let failures = 0;
    let answered = 0;
    let lastSeq = 0n;
    let stop = false;
    // At cms itself: the gateway would hold requests off for a while after the outage.
    const entries = `${cmsUrl}/cms/sites/${site}/entries`;
    const attempt = async (method: string, address: string, body?: unknown) => {
      const answer = await call(method, address, { token, ...(body !== undefined && { body }) }).catch(() => undefined);
      if (answer === undefined || answer.status >= 300) failures += 1;
      else {
        answered += 1;
        if (BigInt(answer.json.seq) > lastSeq) lastSeq = BigInt(answer.json.seq);
      }
      return answer !== undefined && answer.status < 300 ? answer.json : undefined;
    };
    const write = async (writer: number) => {
      for (let index = 0; !stop; index += 1) {
        const title = `swift ${writer}-${index}`;
        const made = await attempt('POST', entries, { type: 'note', fields: { title } });
        if (made === undefined) {
          // The processes that start need the processor more than this does.
          await delay(10);
          continue;
        }
        const kept = { title, published: false };
        acknowledged.set(made.id, kept);
        if (index % 2 === 0 && (await attempt('POST', `${entries}/${made.id}/publish`))) kept.published = true;
      }
    };
    const writers = Array.from({ length: WRITERS }, (_, writer) => write(writer));
    try {
      for (let killed = 0; killed <= KILLS; killed += 1) {
        const enough = answered + WRITES / (KILLS + 1);
        await vi.waitFor(() => expect(answered).toBeGreaterThanOrEqual(enough), patience);
        if (killed === KILLS) break;
        const before = failures;
        await killCms();
        await vi.waitFor(() => expect(failures - before).toBeGreaterThan(WRITERS), patience);
        await startCms();
      }
    } finally {
      stop = true;
      await Promise.all(writers);
    }

    const stored = await allPages(`${entries}?type=note&limit=100`, token);
    await vi.waitFor(async () => {
      const { json } = await call('GET', `${url}/search?site=${site}&q=swift&min_seq=${lastSeq}`, { token });
      expect(json.code).toBeUndefined();
    }, patience);
    const found = await allPages(`${url}/search?site=${site}&q=swift&type=note&limit=50&min_seq=${lastSeq}`, token);
    const inDatabase = stored.map(({ id, status, fields }) => `${id} ${status} ${fields?.title}`).toSorted();
    const inIndex = found.map(({ id, status, title }) => `${id} ${status} ${title}`).toSorted();
    expect(inIndex).toEqual(inDatabase);
    const statuses = new Map(stored.map(({ id, status, fields }) => [id, { status, title: fields?.title }]));
    for (const [id, { title, published }] of acknowledged) {
      expect([id, statuses.get(id)]).toMatchObject([id, { title, ...(published && { status: 'published' }) }]);
    }
  },
  300_000,
);

interface Item {
  readonly id: string;
  readonly status: string;
  readonly title?: string;
  readonly fields?: { readonly title: string };
}

async function allPages(address: string, token: string): Promise<Item[]> {
  const items: Item[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const next: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const { status, json, text } = await call('GET', address + next, { token });
    if (status !== 200) throw new Error(`answered ${status}: ${text}`);
    items.push(...json.items);
    cursor = json.next_cursor;
  }
  return items;
}

/** The suite as `--separate` starts it, with what kills cms and starts it again as an operator would. */
async function startSeparateSuite(opened: AsyncDisposableStack, redisServer: string) {
  const database = await testDatabase('kill_cms');
  opened.defer(() => database.drop());
  const dataDir = await mkdtemp(join(tmpdir(), 'gaia-kill-cms-'));
  opened.defer(() => rm(dataDir, { recursive: true, force: true }));
  const env = {
    PORT: String(await freePorts(6)),
    GAIA_DATA_DIR: dataDir,
    DATABASE_URL: database.url,
    REDIS_URL: redisServer,
    GAIA_ADMIN_PASSWORD: password,
    LOG_LEVEL: 'silent',
    ARGON2_MEMORY_KIB: '64',
    RATE_LIMIT: 'off',
  };
  const config = loadConfig(env, dataDir);
  const said: string[] = [];
  const suite = await startSuite({ config, env, mode: 'separate', say: (line) => said.push(line) });
  opened.defer(() => suite.close());
  const first = Number(/^cms +process (\d+)$/m.exec(said.join('\n'))?.[1]);
  const restarted: ChildProcess[] = [];
  const environment = serviceEnvironments({
    config,
    secrets: await keepSecrets(dataDir),
    databaseUrl: () => database.url,
    administrator: undefined,
    outer: env,
    settingNames: Object.fromEntries(
      serviceNames.map((name) => [name, Object.keys(serviceSettings[name])]),
    ) as unknown as Record<ServiceName, readonly string[]>,
  }).cms;

  return {
    url: `http://localhost:${env.PORT}`,
    cmsUrl: `http://127.0.0.1:${environment.PORT}`,
    async killCms() {
      const latest = restarted.at(-1);
      if (latest !== undefined) {
        const ended = once(latest, 'exit');
        latest.kill('SIGKILL');
        await ended;
        return;
      }
      process.kill(first, 'SIGKILL');
      await vi.waitFor(() => expect(said.join('\n')).toContain(`cms (process ${first}) has ended: SIGKILL`), patience);
    },
    async startCms() {
      const main = join(root, 'services', 'cms', 'src', 'main.ts');
      const child = spawn(process.execPath, [main], {
        env: { PATH: process.env.PATH, ...environment },
        stdio: 'ignore',
      });
      restarted.push(child);
      opened.defer(() => end(child));
      const isLive = async () => expect((await fetch(`http://127.0.0.1:${environment.PORT}/live`)).ok).toBe(true);
      await vi.waitFor(isLive, { ...patience, interval: 20 });
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}
