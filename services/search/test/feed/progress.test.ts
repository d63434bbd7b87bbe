import { openDatabase } from '@gaia/database/database';
import { migrate } from '@gaia/database/migrate';
import { testDatabase } from '@gaia/test-servers/postgres';
import { expect, it, onTestFinished } from 'vitest';
import type { SearchDatabase } from '../../src/database.ts';
import type { EntryEvent, FeedPage } from '../../src/feed/feed-page.ts';
import { applyPage, beginRebuild, readProgress } from '../../src/feed/progress.ts';
import { migrations, SCHEMA } from '../../src/migrations.ts';

async function setUp() {
  const { url } = await testDatabase('search_progress');
  await migrate({ url, schema: SCHEMA, migrations });
  const database = openDatabase<SearchDatabase>({ url, schema: SCHEMA, applicationName: 'test' });
  onTestFinished(() => database.destroy());
  const entries = async () =>
    (await database.selectFrom('documents').select('entry').orderBy('entry').execute()).map((row) => row.entry);
  return { database, entries };
}

const copy = { title: 'Fish', text: '' };
const publishedAt = '2026-11-22T02:20:00.000Z';

function event(id: string, overrides: Record<string, unknown> = {}): EntryEvent {
  const entry = { type: 'article', author: 'a', visibility: 'public', status: 'published', updatedAt: publishedAt };
  return { site: 'a.test', id, entry: { ...entry, draft: copy, published: { ...copy, publishedAt }, ...overrides } };
}

function page(cursor: string, seq: bigint, ...events: EntryEvent[]): FeedPage {
  return { events, size: events.length, cursor, seq, head: seq };
}

it('changes nothing when another process has moved the cursor', async () => {
  const { database, entries } = await setUp();
  const before = await readProgress(database);
  await applyPage(database, before, page('one', 1n, event('a')), { caughtUpAt: undefined });
  const late = applyPage(database, before, page('other', 9n, event('b')), { caughtUpAt: undefined });
  await expect(late).rejects.toMatchObject({ code: 'overtaken' });
  await expect(entries()).resolves.toEqual(['a']);
  await expect(readProgress(database)).resolves.toMatchObject({ cursor: 'one', appliedSeq: 1n });
});

it('keeps neither a part of a page nor its cursor when a part fails', async () => {
  const { database, entries } = await setUp();
  const before = await readProgress(database);
  const broken = event('b', { updatedAt: 'never' });
  await expect(
    applyPage(database, before, page('one', 1n, event('a'), broken), { caughtUpAt: undefined }),
  ).rejects.toThrow();
  await expect(entries()).resolves.toEqual([]);
  await expect(readProgress(database)).resolves.toEqual(before);
});

it('removes what a rebuild did not name, at its end and not before', async () => {
  const { database, entries } = await setUp();
  const first = await readProgress(database);
  await applyPage(database, first, page('two', 2n, event('gone'), event('kept')), { caughtUpAt: 1 });
  await beginRebuild(database, await readProgress(database));
  await expect(readProgress(database)).resolves.toMatchObject({ cursor: '', appliedSeq: 0n, rebuilding: true });
  await applyPage(database, await readProgress(database), page('x', 1n, event('kept')), { caughtUpAt: undefined });
  await expect(entries()).resolves.toEqual(['gone', 'kept']);
  await applyPage(database, await readProgress(database), page('y', 2n), { caughtUpAt: 1 });
  await expect(entries()).resolves.toEqual(['kept']);
  await expect(readProgress(database)).resolves.toMatchObject({ rebuilding: false });
});

it.each([
  ['one for a draft', event('a', { status: 'draft', published: null }), ['working']],
  ['one where both are the same', event('a'), ['whole']],
  ['two where they differ', event('a', { draft: { title: 'New', text: '' } }), ['published', 'working']],
  ['none for what is gone', { site: 'a.test', id: 'a', entry: null }, []],
])('keeps documents of an entry: %s', async (_name, changed, editions) => {
  const { database } = await setUp();
  await applyPage(database, await readProgress(database), page('c', 1n, event('a'), changed), {
    caughtUpAt: undefined,
  });
  const rows = await database.selectFrom('documents').select('edition').orderBy('edition').execute();
  expect(rows.map((row) => row.edition)).toEqual(editions);
});
