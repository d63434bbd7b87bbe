import { openDatabase } from '@gaia/database/database';
import { migrate } from '@gaia/database/migrate';
import type { EntryEvent } from '@gaia/feed-follower/events';
import { testDatabase } from '@gaia/test-servers/postgres';
import { expect, it } from 'vitest';
import type { SearchDatabase } from '../../src/database.ts';
import { createDictionary } from '../../src/dictionary/dictionary.ts';
import { documentsConsumer } from '../../src/documents/documents.ts';
import { createStemmer } from '../../src/languages/stemmer.ts';
import { migrations, SCHEMA } from '../../src/migrations.ts';

const publishedAt = '2026-11-22T02:20:00.000Z';
const copy = {
  title: 'Fish',
  titleLanguage: undefined,
  text: '',
  languages: [],
  values: {},
  assets: [],
  restricted: [],
};
const entry = {
  type: 'article',
  author: 'a',
  visibility: 'public',
  accessClass: 1,
  status: 'published',
  updatedAt: publishedAt,
  comparable: [],
  draft: copy,
  published: { ...copy, publishedAt },
};
const event = (changes: Partial<EntryEvent['entry']> = {}): EntryEvent => ({
  kind: 'entry',
  site: 'a.test',
  id: 'a',
  entry: { ...entry, ...changes },
});

it.each<[string, EntryEvent, string[]]>([
  ['one for a draft', event({ status: 'draft', published: null }), ['working']],
  ['one where both are the same', event(), ['whole']],
  ['two where they differ', event({ draft: { ...copy, title: 'New' } }), ['published', 'working']],
  ['none for a deleted entry', { ...event(), entry: null }, []],
])('an entry has documents: %s', async (_name, changed, editions) => {
  const { url } = await testDatabase('search_documents');
  await migrate({ url, schema: SCHEMA, migrations });
  const consumer = documentsConsumer({ stemmer: createStemmer(), dictionary: createDictionary() });
  const database = openDatabase<SearchDatabase>({ url, schema: SCHEMA, applicationName: 'test' });
  await database.transaction().execute(async (transaction) => {
    await consumer.apply(transaction, [event()], 1);
    await consumer.apply(transaction, [changed], 1);
  });
  const rows = await database.selectFrom('documents').select('edition').orderBy('edition').execute();
  expect(rows.map((row) => row.edition)).toEqual(editions);
  await expect(consumer.expected?.(database)).resolves.toBe(editions.length === 0 ? undefined : 1);
  await database.destroy();
});
