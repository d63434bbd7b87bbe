import { type Kysely, sql, type Transaction } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { SearchDatabase } from '../database.ts';
import { hasSpelling, mistakes, spellingKeys } from './spelling.ts';

export interface Dictionary {
  /** Takes up the words of a site's documents. */
  add(
    transaction: Transaction<SearchDatabase>,
    site: string,
    words: Iterable<string>,
    generation: number,
  ): Promise<void>;
}

const MAX_REMEMBERED = 200_000;
const MAX_CANDIDATES = 300;
const MAX_SIMILAR = 12;

export function createDictionary(): Dictionary {
  /** Words that need not be written again in this generation. */
  const written = new LRUCache<string, number>({ max: MAX_REMEMBERED });
  /** Words of a transaction whose end is not known yet: what is rolled back is not written. */
  let pending: { readonly transaction: string; readonly keys: string[]; readonly generation: number } | undefined;

  async function settle(transaction: Transaction<SearchDatabase>): Promise<string> {
    const { rows } = await sql<{ id: string; before: string | null }>`
      select pg_current_xact_id()::text as id,
        pg_xact_status(${pending?.transaction ?? null}::text::xid8) as before`.execute(transaction);
    const { id = '', before = null } = rows[0] ?? {};
    if (before === 'committed') for (const key of pending?.keys ?? []) written.set(key, pending?.generation ?? 0);
    if (before !== 'in progress') pending = undefined;
    return id;
  }

  return {
    add: async (transaction, site, words, generation) => {
      const id = await settle(transaction);
      const added = [...new Set(words)].filter(
        (word) => hasSpelling(word) && written.get(`${site} ${word}`) !== generation,
      );
      if (added.length === 0) return;
      const rows = added.map((word) => ({ word, keys: spellingKeys(site, word) }));
      await sql`
        insert into words (site, word, keys, generation)
        select ${site}, word, keys, ${generation}::integer
        from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given (word text, keys integer[])
        on conflict (site, word) do update set generation = excluded.generation
          where words.generation <> excluded.generation`.execute(transaction);
      pending ??= { transaction: id, keys: [], generation };
      pending.keys.push(...added.map((word) => `${site} ${word}`));
    },
  };
}

/** Words of a site's documents that differ from each given one by a mistake or two, the likeliest first; bounded. */
export async function similarWords(
  database: Kysely<SearchDatabase>,
  site: string,
  words: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const asked = words.filter(hasSpelling);
  const similar = await Promise.all(
    asked.map(async (wanted): Promise<[string, string[]]> => {
      const { rows } = await sql<{ word: string }>`
        select word from words
        where site = ${site} and keys && ${spellingKeys(site, wanted)}::integer[] limit ${MAX_CANDIDATES}`.execute(
        database,
      );
      const found = rows.flatMap(({ word }) => {
        const distance = mistakes(wanted, word);
        return distance === undefined || distance === 0 ? [] : [{ word, distance }];
      });
      found.sort((a, b) => a.distance - b.distance || (a.word < b.word ? -1 : 1));
      return [wanted, found.slice(0, MAX_SIMILAR).map(({ word }) => word)];
    }),
  );
  return new Map(similar);
}
