import type { Insertable, Transaction } from 'kysely';
import { sql } from 'kysely';
import type { Edition, SearchDatabase } from '../database.ts';
import type { EntryCopy, EntryEvent, IndexedEntry } from '../feed/feed-page.ts';
import { searchVector } from './search-vector.ts';

type Document = Insertable<SearchDatabase['documents']>;

/** Of a text this much is kept for highlights. */
const MAX_KEPT_TEXT = 20_000;
const MAX_KEPT_TITLE = 1_000;
/** Rows of one statement: PostgreSQL takes 65,535 parameters. */
const ROWS_OF_INSERT = 500;

/** Puts entries into the state that the events say; of several events of one entry the last one counts. */
export async function applyEvents(
  transaction: Transaction<SearchDatabase>,
  events: readonly EntryEvent[],
  generation: number,
): Promise<void> {
  const last = new Map(events.map((event) => [`${event.site} ${event.id}`, event]));
  if (last.size === 0) return;
  const changed = [...last.values()];
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

function documentsOf(entry: IndexedEntry): MadeDocument[] {
  const { draft, published } = entry;
  if (published === null) return [document(entry, 'working', draft)];
  if (entry.status === 'published' && draft.title === published.title && draft.text === published.text) {
    return [document(entry, 'whole', published)];
  }
  return [document(entry, 'published', published), document(entry, 'working', draft)];
}

function document(entry: IndexedEntry, edition: Edition, copy: EntryCopy): MadeDocument {
  return (site) => ({
    edition,
    type: entry.type,
    author: entry.author,
    visibility: entry.visibility,
    status: edition === 'published' ? 'published' : entry.status,
    title: copy.title.slice(0, MAX_KEPT_TITLE).toWellFormed(),
    text: copy.text.slice(0, MAX_KEPT_TEXT).toWellFormed(),
    updated_at: entry.updatedAt,
    published_at: entry.published?.publishedAt ?? null,
    search: searchVector(site, copy),
  });
}
