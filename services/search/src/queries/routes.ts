import { DatabaseUnavailable } from '@gaia/database/errors';
import type { FollowedFeed } from '@gaia/feed-follower';
import { waitForSeq } from '@gaia/feed-follower/min-seq';
import { bearerOrNone, problems } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { problem } from '../errors.ts';
import { siteOfRequest } from '../sites/site-of-request.ts';
import { readPosition, writePosition } from './cursor.ts';
import { readFilters } from './filters.ts';
import type { Found } from './find.ts';
import { highlight } from './highlight.ts';
import { type Marked, markedWords } from './marked-words.ts';
import { QueryTooComplex } from './query-text.ts';
import { SearchQuery, SearchResponse } from './schemas.ts';
import type { Searching, SearchRequest, SearchResults } from './search.ts';

export interface SearchRoutesDependencies {
  readonly searching: Searching;
  readonly feed: Pick<FollowedFeed, 'applied'>;
}

const NOTHING_MARKED: Marked = { words: new Set(), beginnings: [], stems: [], parts: [] };

/** `GET /search`. To be registered under a guard that lets anonymous callers in. */
export function registerSearch(app: Service, { searching, feed }: SearchRoutesDependencies): void {
  app.get(
    '/search',
    {
      schema: {
        operationId: 'searchEntries',
        summary: 'Search entries',
        description:
          'Full text over the entries that the caller may see, best match first. Words are found in every script, whatever ' +
          'their case and accents, with other forms of them in the language of their text and with the synonyms of the site; ' +
          'where nothing has them, words that are spelled nearly so. `filter[field][operator]` filters as in lists of ' +
          'entries. `min_seq` waits until the index has reached a write of one’s own.',
        tags: ['search'],
        ...bearerOrNone,
        querystring: SearchQuery,
        response: {
          200: SearchResponse,
          ...problems({
            400: [
              'validation_failed',
              'site_required',
              'query_too_complex',
              'invalid_cursor',
              'unknown_field',
              'filter_invalid',
              'sort_invalid',
            ],
            401: ['token_malformed', 'token_expired', 'token_invalid', 'token_revoked'],
            403: ['forbidden'],
            503: ['index_behind', 'query_too_slow', 'unavailable'],
          }),
        },
      },
    },
    async (request, reply) => {
      const { q, site: asked, type, limit, sort, facets, cursor, min_seq: minSeq, ...parameters } = request.query;
      const site = siteOfRequest(asked, request.headers['x-gaia-site'], request.identity);
      const order = sort === 'relevance' ? undefined : sort;
      const filters = readFilters(Object.entries(parameters));
      const after = readPosition(cursor, order ?? '');
      await waitForSeq(feed.applied, minSeq);
      const results = await searchInTime(searching, {
        caller: request.identity,
        site,
        text: q,
        type,
        filters,
        sort: order,
        facets,
        after,
        limit,
        fresh: minSeq !== undefined,
      });
      reply.header('cache-control', 'private, no-store');
      const marked = results.query === undefined ? NOTHING_MARKED : markedWords(results.query);
      return {
        items: results.found.map((found) => resultOf(found, site, marked)),
        total: results.total,
        total_is_exact: results.totalIsExact,
        fuzzy: results.fuzzy,
        ...(results.facets !== undefined && {
          facets: results.facets.counts,
          facets_are_exact: results.facets.exact,
        }),
        next_cursor: nextCursor(results, order ?? ''),
        seq: results.seq.toString(),
      };
    },
  );
}

async function searchInTime(searching: Searching, request: SearchRequest): Promise<SearchResults> {
  try {
    return await searching.search(request);
  } catch (error) {
    if (error instanceof QueryTooComplex) throw problem('query_too_complex', { detail: `${error.message}.` });
    if (isStatementTimeout(error)) throw problem('query_too_slow', { headers: { 'retry-after': '5' }, cause: error });
    throw error;
  }
}

/** SQLSTATE 57014: the server gave up the statement after its time. */
function isStatementTimeout(error: unknown): boolean {
  return error instanceof DatabaseUnavailable && (error.cause as { code?: unknown } | undefined)?.code === '57014';
}

function resultOf(found: Found, site: string, marked: Marked) {
  const title = highlight(found.title, marked);
  const text = highlight(found.text, marked);
  return {
    id: found.entry,
    site,
    type: found.type,
    status: found.status,
    visibility: found.visibility,
    author: found.author,
    title: found.title,
    title_highlight: title.html,
    // Where only the title matches, its match says more than a beginning of the text without any.
    highlight: text.marked || !title.marked ? text.html : title.html,
    updated_at: found.updatedAt.toISOString(),
    published_at: found.publishedAt?.toISOString() ?? null,
  };
}

function nextCursor({ found, last, fuzzy }: SearchResults, sort: string): string | null {
  const end = found.at(-1);
  return last || end === undefined ? null : writePosition({ sort, value: end.place, entry: end.entry, fuzzy });
}
