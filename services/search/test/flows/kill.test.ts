import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { testDatabase } from '@gaia/test-servers/postgres';
import { startFeedServer } from '@gaia/testing/feed-server';
import pg from 'pg';
import { expect, it, vi } from 'vitest';

/** More of them for a longer run: `KILL_WRITES=20000 KILLS=20`. */
const WRITES = Number(process.env.KILL_WRITES ?? 1_200);
const KILLS = Number(process.env.KILLS ?? 2);

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

it('kill -9 while it writes loses nothing and repeats nothing', { timeout: 120_000 + KILLS * 60_000 }, async () => {
  const feed = await startFeedServer();
  const { url } = await testDatabase('search_kill');
  const expected = new Map<string, string>();
  let written = 0;
  const write = (count: number) => {
    for (let index = 0; index < count; index += 1) {
      written += 1;
      const id = `e${written % 400}`;
      if (written % 7 === 0) {
        feed.remove(id);
        expected.delete(id);
      } else {
        feed.change({ id, published: { title: `Title ${written}`, text: 'some text '.repeat(200) } });
        expected.set(id, `Title ${written}`);
      }
    }
  };
  const env = {
    ...process.env,
    DATABASE_URL: url,
    PORT: '0',
    AUTH_URL: feed.url,
    CMS_URL: feed.url,
    JWKS_URL: `${feed.url}/jwks`,
    SERVICE_CLIENT_SECRET: 'a-secret-of-the-search-service',
    LOG_LEVEL: 'silent',
  };
  const run = () => spawn(process.execPath, [main], { env, stdio: 'ignore' });
  write(WRITES);
  for (let killed = 0; killed < KILLS; killed += 1) {
    const asked = feed.requests.length;
    const child = run();
    // Between the second and the third page, most likely within a transaction.
    const ended = once(child, 'exit');
    await vi.waitFor(() => expect(feed.requests.length).toBeGreaterThan(asked + 2), { timeout: 60_000, interval: 1 });
    child.kill('SIGKILL');
    await ended;
    write(300);
  }
  const last = run();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await vi.waitFor(
      async () => {
        const { rows } = await client.query('select entry, edition, title from search.documents');
        expect(rows.every((row) => row.edition === 'whole')).toBe(true);
        expect(new Map(rows.map((row) => [row.entry, row.title]))).toEqual(expected);
        expect(rows).toHaveLength(expected.size);
      },
      { timeout: 60_000, interval: 100 },
    );
  } finally {
    last.kill('SIGTERM');
    await once(last, 'exit');
    await client.end();
    await feed.close();
  }
});
