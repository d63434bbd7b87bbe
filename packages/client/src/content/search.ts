import type { CallOptions, Http } from '../http/http.ts';
import type { OwnWrites } from './own-writes.ts';
import type { Visibility } from './types.ts';

export interface SearchOptions extends CallOptions {
  readonly type?: string;
  readonly limit?: number;
  readonly cursor?: string;
  /** Waits for this change; for the newest of this client unless given. */
  readonly minSeq?: string;
}

export interface SearchResult {
  readonly id: string;
  readonly site: string;
  readonly type: string;
  readonly status: 'draft' | 'published';
  readonly visibility: Visibility;
  readonly author: string;
  readonly title: string;
  /** HTML, escaped but for `<mark>`. */
  readonly title_highlight: string;
  readonly highlight: string;
  readonly updated_at: string;
  readonly published_at: string | null;
}

export interface SearchResults {
  readonly items: readonly SearchResult[];
  readonly total: number;
  readonly total_is_exact: boolean;
  readonly next_cursor: string | null;
  readonly seq: string;
}

export type Search = (text: string, options?: SearchOptions) => Promise<SearchResults>;

/** Searches a site, and finds what this client has just written. */
export function createSearch(http: Http, site: string, writes: OwnWrites): Search {
  return async (text, { type, limit, cursor, minSeq, ...call } = {}) => {
    const query = { site, q: text, type, limit, cursor, min_seq: minSeq ?? writes.latest() };
    return (await http.call('GET', '/search', { ...call, query })).body as SearchResults;
  };
}
