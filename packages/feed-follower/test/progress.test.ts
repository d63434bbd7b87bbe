import { openDatabase } from '@gaia/database/database';
import { migrate } from '@gaia/database/migrate';
import { testDatabase } from '@gaia/test-servers/postgres';
import { sql } from 'kysely';
import { expect, it, onTestFinished } from 'vitest';
import type { FeedConsumer } from '../src/consumer.ts';
import type { EntryEvent, FeedEvent } from '../src/events.ts';
import type { FeedPage } from '../src/feed-page.ts';
import { applyPage, beginRebuild, readProgress } from '../src/progress.ts';
import { createFeedTables } from '../src/tables.ts';

interface Things {
  things: { entry: string; generation: number };
}

/** Keeps the ids of entries; one called `broken` cannot be kept. */
const consumer: FeedConsumer<Things> = {
  apply: async (transaction, entries, generation) => {
    for (const { id, entry } of entries) {
      await transaction.deleteFrom('things').where('entry', '=', id).execute();
      if (id === 'broken') throw new Error('broken');
      if (entry !== null) await transaction.insertInto('things').values({ entry: id, generation }).execute();
    }
  },
  sweep: async (transaction, generation) => {
    await transaction.deleteFrom('things').where('generation', '<', generation).execute();
  },
  expected: async () => 7,
};

async function setUp() {
  const { url } = await testDatabase('feed_progress');
  const migration = {
    name: '0001-things',
    up: async (database: Parameters<typeof createFeedTables>[0]) => {
      await createFeedTables(database);
      await sql`create table things (entry text primary key, generation integer)`.execute(database);
    },
  };
  await migrate({ url, schema: 'things', migrations: [migration] });
  const database = openDatabase<Things>({ url, schema: 'things', applicationName: 'test' });
  onTestFinished(() => database.destroy());
  const rows = async (of: string, order: string) =>
    (await sql<Record<string, unknown>>`select * from ${sql.table(of)} order by ${sql.ref(order)}`.execute(database))
      .rows;
  return {
    database,
    rows,
    entries: async () => (await rows('things', 'entry')).map((row) => row.entry),
    apply: async (page: FeedPage) => applyPage(database, await readProgress(database), page, { consumer, at: 1 }),
    rebuild: () => beginRebuild(database, { consumer, at: 1 }),
  };
}

const copy = { title: '', titleLanguage: undefined, text: '', languages: [], values: {}, assets: [], restricted: [] };
const entry = {
  type: 't',
  author: 'a',
  visibility: 'public',
  accessClass: 1,
  status: 'draft',
  updatedAt: '',
  comparable: [],
  draft: copy,
  published: null,
};
const event = (id: string): EntryEvent => ({ kind: 'entry', site: 'a.test', id, entry });
const gone = (id: string): EntryEvent => ({ ...event(id), entry: null });
const page = (cursor: string, seq: bigint, ...events: FeedEvent[]): FeedPage => ({
  events,
  size: events.length,
  cursor,
  seq,
  head: 2n,
});

it('changes nothing when another process has moved the cursor', async () => {
  const { database, entries, apply } = await setUp();
  const before = await readProgress(database);
  await apply(page('one', 1n, event('a')));
  const late = applyPage(database, before, page('other', 9n, event('b')), { consumer, at: 1 });
  await expect(late).rejects.toMatchObject({ code: 'overtaken' });
  await expect(beginRebuild(database, { consumer, at: 1, from: before })).rejects.toMatchObject({ code: 'overtaken' });
  await expect(entries()).resolves.toEqual(['a']);
  await expect(readProgress(database)).resolves.toMatchObject({ cursor: 'one', appliedSeq: 1n });
});

it('keeps neither a part of a page nor its cursor when a part fails', async () => {
  const { database, entries, apply, rows } = await setUp();
  const before = await readProgress(database);
  const held = { kind: 'entitlement', site: 'a.test', subject: 'u', product: 'p', held: true } as const;
  await expect(apply(page('one', 1n, held, event('a'), event('broken')))).rejects.toThrow('broken');
  await expect(entries()).resolves.toEqual([]);
  await expect(rows('entitlements', 'subject')).resolves.toEqual([]);
  await expect(readProgress(database)).resolves.toEqual(before);
});

it('counts the last of several events of one entry', async () => {
  const { entries, apply } = await setUp();
  await apply(page('one', 1n, event('a'), event('b'), gone('a')));
  await expect(entries()).resolves.toEqual(['b']);
});

it('keeps access classes and entitlements as they are now', async () => {
  const { apply, rows } = await setUp();
  const held = (value: boolean) =>
    ({ kind: 'entitlement', site: 'a.test', subject: 'u', product: 'p', held: value }) as const;
  await apply(
    page(
      'one',
      1n,
      { kind: 'class', site: 'a.test', id: 17, of: 'products', names: ['p', 'q'] },
      held(false),
      held(true),
    ),
  );
  await expect(rows('access_classes', 'id')).resolves.toMatchObject([{ id: 17, kind: 'products', names: ['p', 'q'] }]);
  await expect(rows('entitlements', 'subject')).resolves.toMatchObject([{ subject: 'u', product: 'p', held: true }]);
  await apply(page('two', 2n, held(false)));
  await expect(rows('entitlements', 'subject')).resolves.toMatchObject([{ held: false }]);
});

it('removes what a rebuild did not name, at its end and not before', async () => {
  const { database, entries, apply, rebuild, rows } = await setUp();
  const named = { kind: 'class', site: 'a.test', id: 17, of: 'roles', names: ['x'] } as const;
  await apply(page('two', 2n, event('gone'), event('kept'), named, { ...named, id: 18 }));
  await expect(rebuild()).resolves.toBe(true);
  await expect(rebuild()).resolves.toBe(false);
  await expect(readProgress(database)).resolves.toMatchObject({
    cursor: '',
    appliedSeq: 0n,
    rebuilding: true,
    rebuild: { applied: 0, expected: 7, startedAt: 1, finishedAt: undefined },
  });
  await apply(page('x', 1n, named, event('kept')));
  await expect(entries()).resolves.toEqual(['gone', 'kept']);
  await expect(rows('access_classes', 'id')).resolves.toHaveLength(2);
  await apply(page('y', 2n));
  await expect(entries()).resolves.toEqual(['kept']);
  await expect(rows('access_classes', 'id')).resolves.toMatchObject([{ id: 17 }]);
  await expect(readProgress(database)).resolves.toMatchObject({
    rebuilding: false,
    rebuild: { applied: 2, finishedAt: 1 },
  });
});
