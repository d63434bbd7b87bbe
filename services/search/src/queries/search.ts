import type { Caller } from '@gaia/policy/visibility';
import type { Kysely } from 'kysely';
import type { SearchDatabase } from '../database.ts';
import type { Stemmer } from '../languages/stemmer.ts';
import { comparableValues } from './comparable-values.ts';
import type { Position } from './cursor.ts';
import { withSimilarWords, withStems, withSynonyms } from './expansion.ts';
import { countFacets, type Facets, readFacets } from './facets.ts';
import { type Filter, filterSql } from './filters.ts';
import { find, type Results, type Wanted } from './find.ts';
import { type ParsedQuery, parseQuery } from './query-text.ts';
import type { SiteSettingsCache } from './site-settings.ts';
import { readSort } from './sorting.ts';

export interface SearchRequest {
  readonly caller: Caller;
  readonly site: string;
  readonly text: string;
  readonly type: string | undefined;
  readonly filters: readonly Filter[];
  readonly sort: string | undefined;
  readonly facets: string | undefined;
  readonly after: Position | undefined;
  readonly limit: number;
  /** Whether what has just been changed must count. */
  readonly fresh: boolean;
}

export interface SearchResults extends Results {
  /** As it was looked for; undefined if there was no word in it. */
  readonly query: ParsedQuery | undefined;
  /** Whether words that are spelled alike were looked for, because nothing had the words themselves. */
  readonly fuzzy: boolean;
  readonly facets: Facets | undefined;
}

export interface Searching {
  /** Throws QueryTooComplex, `unknown_field`, `filter_invalid`, `sort_invalid`, `invalid_cursor`. */
  search(request: SearchRequest): Promise<SearchResults>;
}

export interface SearchingDependencies {
  readonly database: Kysely<SearchDatabase>;
  readonly stemmer: Stemmer;
  readonly settings: SiteSettingsCache;
  readonly appliedSeq: () => Promise<bigint>;
}

export function createSearching({ database, stemmer, settings, appliedSeq }: SearchingDependencies): Searching {
  async function search(request: SearchRequest): Promise<SearchResults> {
    const { site, type, after, caller, limit } = request;
    const { synonyms, languages, former } = await settings.read(site, request.fresh);
    const typed = parseQuery(request.text, { former });
    const names = request.filters.length > 0 || request.sort !== undefined || request.facets !== undefined;
    const values = names ? await comparableValues(database, site, type) : new Map();
    const filters = request.filters.map((filter) => filterSql(filter, values));
    const sort = request.sort === undefined ? undefined : readSort(request.sort, values);
    const facetNames = request.facets === undefined ? [] : readFacets(request.facets, values);
    const counted = (wanted: Wanted) =>
      facetNames.length === 0 ? undefined : countFacets(database, wanted, facetNames);
    if (typed === undefined) {
      const facets = facetNames.length === 0 ? undefined : noFacets(facetNames);
      return { ...nothing(await appliedSeq()), query: undefined, fuzzy: false, facets };
    }

    const stemmed = await withStems(withSynonyms(typed, synonyms), languages, { database, stemmer });
    const results = async (query: ParsedQuery, fuzzy: boolean): Promise<SearchResults> => {
      const wanted = { caller, site, query, type, filters };
      const found = await find(database, { ...wanted, sort, after, limit });
      return { ...found, query, fuzzy, facets: await counted(wanted) };
    };
    const similar = async () => withSimilarWords(stemmed, site, database);
    if (after?.fuzzy) return results((await similar()) ?? stemmed, true);
    const exact = await results(stemmed, false);
    // By what the caller finds: whether a word stands in what others may read must make no difference.
    if (exact.total > 0 || after !== undefined) return exact;
    const query = await similar();
    return query === undefined ? exact : results(query, true);
  }

  return { search };
}

/** A text without any word matches nothing. */
function nothing(seq: bigint): Results {
  return { found: [], total: 0, totalIsExact: true, last: true, seq };
}

function noFacets(names: readonly string[]): Facets {
  return { counts: Object.fromEntries(names.map((name) => [name, []])), exact: true };
}
