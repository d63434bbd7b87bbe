import { Failure } from '../failure.ts';
import type { ApiClient } from './client.ts';
import { isJsonObject, type JsonObject } from './json.ts';

export interface Pages {
  readonly items: readonly JsonObject[];
  /** There is more than was wanted. */
  readonly more: boolean;
}

/** A script that wants more than this should talk to the API itself. */
const MAX_ITEMS = 10_000;
const PAGE_SIZE = '100';

/**
 * Every item of a list, by following its cursors (`{items, next_cursor}`); at most 10,000. `query` goes with each page.
 */
export async function allPages(
  api: ApiClient,
  path: string,
  query: Readonly<Record<string, string | undefined>> = {},
): Promise<Pages> {
  const items: JsonObject[] = [];
  const seen = new Set<string>();
  let cursor: string | undefined;
  for (;;) {
    const { body } = await api.get(path, { query: { ...query, limit: PAGE_SIZE, cursor } });
    if (!Array.isArray(body.items)) throw new Failure(`${api.url}${path} answered something that is not a list`);
    items.push(...body.items.filter(isJsonObject));
    const { next_cursor: next } = body;
    if (typeof next !== 'string' || next === '')
      return { items: items.slice(0, MAX_ITEMS), more: items.length > MAX_ITEMS };
    if (items.length >= MAX_ITEMS) return { items: items.slice(0, MAX_ITEMS), more: true };
    if (seen.has(next)) throw new Failure(`${api.url}${path} answered the same cursor twice`);
    seen.add(next);
    cursor = next;
  }
}
