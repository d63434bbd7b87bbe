import type { FeedConsumer } from '@gaia/feed-follower/consumer';
import type { EntryCopy, EntryEvent, FeedEntry } from '@gaia/feed-follower/events';
import type { Insertable, Transaction } from 'kysely';
import { sql } from 'kysely';
import type { SearchDatabase, Variant } from '../database.ts';
import { searchVector } from './search-vector.ts';

type Document = Insertable<SearchDatabase['documents']>;

/** Of a text this much is kept for highlights. */
const MAX_KEPT_TEXT = 20_000;
const MAX_KEPT_TITLE = 1_000;
/** Rows of one statement: PostgreSQL takes 65,535 parameters. */
const ROWS_OF_INSERT = 500;

/**
 * The index as it follows the feed. Text that only some readers of an entry may read (`restricted`) is no part of it: a
 * match, a rank or a count would tell of it.
 */
export const documentsConsumer: FeedConsumer<SearchDatabase> = Object.freeze({
  apply: applyEntries,
  sweep: async (transaction: Transaction<SearchDatabase>, generation: number) => {
    await transaction.deleteFrom('documents').where('generation', '<', generation).execute();
  },
  expected: async (database) => {
    const { rows } = await sql<{ n: number }>`select count(distinct (site, entry))::int as n from documents`.execute(
      database,
    );
    return rows[0]?.n || undefined;
  },
  // Without numbers about the words the planner would rather read every document than ask the index of words.
  maintenance: async (database) => {
    await sql`analyze documents`.execute(database);
  },
} satisfies FeedConsumer<SearchDatabase>);

async function applyEntries(
  transaction: Transaction<SearchDatabase>,
  changed: readonly EntryEvent[],
  generation: number,
): Promise<void> {
  await sql`
    delete from documents where (site, entry) in (
      select * from unnest(${changed.map((event) => event.site)}::text[], ${changed.map((event) => event.id)}::text[])
    )`.execute(transaction);
  const documents = changed.flatMap(({ site, id, entry }) =>
    entry === null ? [] : documentsOf(entry).map((document) => ({ site, entry: id, generation, ...document(site) })),
  );
  for (let from = 0; from < documents.length; from += ROWS_OF_INSERT) {
    await transaction
      .insertInto('documents')
      .values(documents.slice(from, from + ROWS_OF_INSERT))
      .execute();
  }
}

type MadeDocument = (site: string) => Omit<Document, 'site' | 'entry' | 'generation'>;

function documentsOf(entry: FeedEntry): MadeDocument[] {
  const { draft, published } = entry;
  if (published === null) return [document(entry, 'working', draft)];
  if (entry.status === 'published' && draft.title === published.title && draft.text === published.text) {
    return [document(entry, 'whole', published)];
  }
  return [document(entry, 'published', published), document(entry, 'working', draft)];
}

function document(entry: FeedEntry, edition: Variant, copy: EntryCopy): MadeDocument {
  return (site) => ({
    edition,
    type: entry.type,
    author: entry.author,
    visibility: entry.visibility,
    access_class: entry.accessClass,
    status: edition === 'published' ? 'published' : entry.status,
    title: copy.title.slice(0, MAX_KEPT_TITLE).toWellFormed(),
    text: copy.text.slice(0, MAX_KEPT_TEXT).toWellFormed(),
    updated_at: entry.updatedAt,
    published_at: entry.published?.publishedAt ?? null,
    search: searchVector(site, copy),
  });
}
