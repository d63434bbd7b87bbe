import { setTimeout as delay } from 'node:timers/promises';
import { expect, inject, it, vi } from 'vitest';
import { login, site } from './known-keys.ts';
import { call, runSuite } from './running-suite.ts';

const { redis } = inject('gaiaServers');
const redisUrl = 'url' in redis ? redis.url : undefined;
const why = 'unavailable' in redis ? ` (skipped: ${redis.unavailable})` : '';

/** Writes that are answered in all, and kills among them; the whole form is `KILL_WRITES=1000 KILLS=3`. */
const WRITES = Number(process.env.KILL_WRITES ?? 240);
const KILLS = Number(process.env.KILLS ?? 1);
const WRITERS = 8;
/** Longest wait for anything: processes start slowly on a busy machine. */
const waitOptions = { timeout: 120_000, interval: 2 };

it.skipIf(redisUrl === undefined)(
  `kill -9 of cms in the middle of writes loses nothing that was acknowledged, and the index equals the database${why}`,
  async () => {
    await using opened = new AsyncDisposableStack();
    const { url, cmsUrl, cmsIsBack, killCms } = await startSeparateSuite(opened, redisUrl ?? '');
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
        await vi.waitFor(() => expect(answered).toBeGreaterThanOrEqual(enough), waitOptions);
        if (killed === KILLS) break;
        const before = failures;
        await killCms();
        await vi.waitFor(() => expect(failures - before).toBeGreaterThan(WRITERS), waitOptions);
        await cmsIsBack();
      }
    } finally {
      stop = true;
      await Promise.all(writers);
    }

    const stored = await allPages(`${entries}?type=note&limit=100`, token);
    await vi.waitFor(async () => {
      const { json } = await call('GET', `${url}/search?site=${site}&q=swift&min_seq=${lastSeq}`, { token });
      expect(json.code).toBeUndefined();
    }, waitOptions);
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

/** The suite as `--separate` starts it, with what kills cms, which is then started again by itself. */
async function startSeparateSuite(opened: AsyncDisposableStack, redisServer: string) {
  const said: string[] = [];
  const suite = await runSuite(
    { REDIS_URL: redisServer, GAIA_DEMO: 'on', LOG_LEVEL: 'silent', RATE_LIMIT: 'off' },
    { mode: 'separate', say: (line) => said.push(line) },
  );
  opened.defer(() => suite.stop());
  const started = () => said.flatMap((line) => /^cms +process (\d+)$/.exec(line)?.[1] ?? []);
  const cmsUrl = `http://127.0.0.1:${suite.port + 2}`;
  return {
    url: suite.url,
    cmsUrl,
    async killCms() {
      const before = started();
      process.kill(Number(before.at(-1)), 'SIGKILL');
      await vi.waitFor(() => expect(started().length).toBe(before.length + 1), waitOptions);
    },
    async cmsIsBack() {
      const isLive = async () => expect((await fetch(`${cmsUrl}/live`)).ok).toBe(true);
      await vi.waitFor(isLive, { ...waitOptions, interval: 20 });
    },
  };
}
