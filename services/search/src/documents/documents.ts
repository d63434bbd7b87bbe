import type { FeedConsumer } from '@gaia/feed-follower/consumer';
import type { EntryCopy, EntryEvent, FeedEntry } from '@gaia/feed-follower/events';
import type { Insertable, Kysely, Transaction } from 'kysely';
import { sql } from 'kysely';
import type { SearchDatabase, Variant } from '../database.ts';
import type { Dictionary } from '../dictionary/dictionary.ts';
import type { Stemmer } from '../languages/stemmer.ts';
import { type Analysis, analyse, languagesOf } from './analysis.ts';
import { PASSAGE_LENGTH, type Passage, passagesOf } from './passages.ts';
import { type StemOf, searchVector } from './search-vector.ts';

type Document = Insertable<SearchDatabase['documents']>;

export interface DocumentsDependencies {
  readonly stemmer: Stemmer;
  readonly dictionary: Dictionary;
}

/** How documents are written now; those of another shape are written anew by a migration's rebuild. */
export const SHAPE = 2;
const MAX_KEPT_TITLE = 1_000;
/** Of the JSON of a document's comparable values; longer ones are not kept. */
const MAX_VALUE_LENGTH = 10_000;
const MAX_SPELLED_WORDS = 5_000;
/** Rows of one statement: PostgreSQL takes 65,535 parameters. */
const ROWS_OF_INSERT = 500;

/**
 * The index as it follows the feed. Text that only some readers of an entry may read (`restricted`) is no part of it: a
 * match, a rank or a count would tell of it.
 */
export function documentsConsumer({ stemmer, dictionary }: DocumentsDependencies): FeedConsumer<SearchDatabase> {
  return {
    apply: (transaction, changed, generation) => applyEntries(transaction, changed, generation, stemmer, dictionary),
    sweep: async (transaction: Transaction<SearchDatabase>, generation: number) => {
      for (const table of ['documents', 'words', 'languages', 'types'] as const) {
        await transaction.deleteFrom(table).where('generation', '<', generation).execute();
      }
    },
    expected: async (database) => {
      const { rows } = await sql<{ n: number }>`select count(distinct (site, entry))::int as n from documents`.execute(
        database,
      );
      return rows[0]?.n || undefined;
    },
    // Without numbers about the words the planner would rather read every document than ask the index of words.
    maintenance: async (database) => {
      await sql`analyze documents, passages, words`.execute(database);
    },
  };
}

/** Words of a document for the dictionary; of a text that is a list of words, the first ones. */
function spelledWords({ title, text }: Analysis): string[] {
  const words = [...title.tokens, ...text.tokens].filter(({ kind }) => kind === 'word');
  return [...new Set(words.map(({ normalised }) => normalised))].slice(0, MAX_SPELLED_WORDS);
}

interface Draft {
  readonly row: (stemOf: StemOf) => Document;
  readonly analysis: Analysis;
}

async function applyEntries(
  transaction: Transaction<SearchDatabase>,
  changed: readonly EntryEvent[],
  generation: number,
  stemmer: Stemmer,
  dictionary: Dictionary,
): Promise<void> {
  await sql`
    delete from documents where (site, entry) in (
      select * from unnest(${changed.map((event) => event.site)}::text[], ${changed.map((event) => event.id)}::text[])
    )`.execute(transaction);
  const drafts = changed.flatMap(({ site, id, entry }) =>
    entry === null ? [] : draftsOf(entry, { site, entry: id, generation }),
  );
  const stemOf = await stemsOf(transaction as unknown as Kysely<unknown>, drafts, stemmer);
  const rows = drafts.map(({ row, analysis }) => ({ document: row(stemOf), analysis }));
  for (let from = 0; from < rows.length; from += ROWS_OF_INSERT) {
    const documents = rows.slice(from, from + ROWS_OF_INSERT).map(({ document }) => document);
    await transaction.insertInto('documents').values(documents).execute();
  }
  for (const { document, analysis } of rows) {
    if (document.long) await insertPassages(transaction, document, passagesOf(analysis.text));
  }
  await recordSites(transaction, changed, rows, generation);
  for (const [site, of] of Map.groupBy(rows, ({ document }) => document.site)) {
    await dictionary.add(
      transaction,
      site,
      of.flatMap(({ analysis }) => spelledWords(analysis)),
      generation,
    );
  }
}

async function stemsOf(database: Kysely<unknown>, drafts: readonly Draft[], stemmer: Stemmer): Promise<StemOf> {
  const words = drafts.flatMap(({ analysis: { title, text } }) =>
    [...title.tokens, ...text.tokens].flatMap(({ stemmed }) => stemmed ?? []),
  );
  const lexemes = await stemmer.lexemes(database, words);
  const found = new Map(words.map((word, index) => [word, lexemes[index]]));
  return ({ stemmed }) => stemmed && found.get(stemmed);
}

async function insertPassages(
  transaction: Transaction<SearchDatabase>,
  { site, entry, edition }: Document,
  passages: readonly Passage[],
): Promise<void> {
  const rows = passages.map((passage, n) => ({ site, entry, edition, n, ...passage }));
  for (let from = 0; from < rows.length; from += ROWS_OF_INSERT) {
    await transaction
      .insertInto('passages')
      .values(rows.slice(from, from + ROWS_OF_INSERT))
      .execute();
  }
}

/** What queries must know of a site: languages of its texts, and what can be compared of its types. */
async function recordSites(
  transaction: Transaction<SearchDatabase>,
  changed: readonly EntryEvent[],
  rows: readonly { readonly document: Document; readonly analysis: Analysis }[],
  generation: number,
): Promise<void> {
  const languages = new Map(
    rows.flatMap(({ document: { site }, analysis }) =>
      languagesOf(analysis).map((language) => [`${site} ${language}`, { site, language, generation }]),
    ),
  );
  if (languages.size > 0) {
    await transaction
      .insertInto('languages')
      .values([...languages.values()])
      .onConflict((conflict) => conflict.columns(['site', 'language']).doUpdateSet({ generation }))
      .execute();
  }
  const types = new Map(
    changed.flatMap(({ site, entry }) =>
      entry === null ? [] : [[`${site} ${entry.type}`, { site, type: entry.type, fields: entry.comparable }] as const],
    ),
  );
  for (const { site, type, fields } of types.values()) {
    const row = { site, type, fields: JSON.stringify(fields), generation };
    await sql`
      insert into types (site, type, fields, generation) values (${site}, ${type}, ${row.fields}::jsonb, ${generation})
      on conflict (site, type) do update set fields = excluded.fields, generation = excluded.generation
        where (types.fields, types.generation) is distinct from (excluded.fields, excluded.generation)
      `.execute(transaction);
  }
}

type Key = Pick<Document, 'site' | 'entry' | 'generation'>;

function draftsOf(entry: FeedEntry, key: Key): Draft[] {
  const { draft, published } = entry;
  if (published === null) return [draftOf(entry, key, 'working', draft)];
  if (entry.status === 'published' && sameForSearch(draft, published)) return [draftOf(entry, key, 'whole', published)];
  return [draftOf(entry, key, 'published', published), draftOf(entry, key, 'working', draft)];
}

function sameForSearch(one: EntryCopy, other: EntryCopy): boolean {
  return (
    one.title === other.title &&
    one.text === other.text &&
    JSON.stringify([one.languages, one.values]) === JSON.stringify([other.languages, other.values])
  );
}

function draftOf(entry: FeedEntry, key: Key, edition: Variant, copy: EntryCopy): Draft {
  const analysis = analyse(copy);
  const row = (stemOf: StemOf): Document => {
    const vector = searchVector(key.site, analysis, stemOf);
    return {
      ...key,
      edition,
      type: entry.type,
      author: entry.author,
      visibility: entry.visibility,
      access_class: entry.accessClass,
      status: edition === 'published' ? 'published' : entry.status,
      title: copy.title.slice(0, MAX_KEPT_TITLE).toWellFormed(),
      text: copy.text.slice(0, PASSAGE_LENGTH).toWellFormed(),
      fields: JSON.stringify(keptValues(copy.values)),
      updated_at: entry.updatedAt,
      published_at: entry.published?.publishedAt ?? null,
      shape: SHAPE,
      long: !vector.whole || copy.text.length > PASSAGE_LENGTH,
      search: vector.text,
    };
  };
  return { row, analysis };
}

function keptValues(values: EntryCopy['values']): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => {
      const text = JSON.stringify(value);
      // PostgreSQL's jsonb takes neither NUL nor half a surrogate pair.
      return text.length <= MAX_VALUE_LENGTH && !/\\u(?:0000|d[89a-f])/i.test(text);
    }),
  );
}
