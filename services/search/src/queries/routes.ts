import { DatabaseUnavailable } from '@gaia/database/errors';
import type { FollowedFeed } from '@gaia/feed-follower';
import { waitForSeq } from '@gaia/feed-follower/min-seq';
import { bearerOrNone, problems } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import type { Kysely } from 'kysely';
import type { SearchDatabase } from '../database.ts';
import { problem } from '../errors.ts';
import { readPosition, writePosition } from './cursor.ts';
import { type Found, find, type Results, type Search } from './find.ts';
import { highlight } from './highlight.ts';
import { type Marked, markedWords, type ParsedQuery, parseQuery, QueryTooComplex } from './query-text.ts';
import { SearchQuery, SearchResponse } from './schemas.ts';
import { siteOfRequest } from './site-of-request.ts';

export interface SearchRoutesDependencies {
  readonly database: Kysely<SearchDatabase>;
  readonly feed: Pick<FollowedFeed, 'applied' | 'progress'>;
}

/** `GET /search`. To be registered under a guard that lets anonymous callers in. */
export function registerSearch(app: Service, { database, feed }: SearchRoutesDependencies): void {
  app.get(
    '/search',
    {
      schema: {
        operationId: 'searchEntries',
        summary: 'Search entries',
        description:
          'Full text over the entries that the caller may see, best match first. `min_seq` waits until the index has ' +
          'reached a write of one’s own.',
        tags: ['search'],
        ...bearerOrNone,
        querystring: SearchQuery,
        response: {
          200: SearchResponse,
          ...problems({
            400: ['validation_failed', 'site_required', 'query_too_complex', 'invalid_cursor'],
            401: ['token_malformed', 'token_expired', 'token_invalid', 'token_revoked'],
            403: ['forbidden'],
            503: ['index_behind', 'query_too_slow', 'unavailable'],
          }),
        },
      },
    },
    async (request, reply) => {
      const { q, type, limit, cursor, min_seq: minSeq } = request.query;
      const site = siteOfRequest(request.query.site, request.headers['x-gaia-site'], request.identity);
      const query = readQuery(q);
      const after = readPosition(cursor);
      await waitForSeq(feed.applied, minSeq);
      const results =
        query === undefined
          ? nothing((await feed.progress()).appliedSeq)
          : await findInTime(database, { caller: request.identity, site, query, type, after, limit });
      reply.header('cache-control', 'private, no-store');
      const marked = query && markedWords(query);
      return {
        items: results.found.map((found) => resultOf(found, site, marked)),
        total: results.total,
        total_is_exact: results.totalIsExact,
        next_cursor: nextCursor(results),
        seq: results.seq.toString(),
      };
    },
  );
}

/** A text without any word matches nothing. */
function nothing(seq: bigint): Results {
  return { found: [], total: 0, totalIsExact: true, last: true, seq };
}

function readQuery(text: string): ParsedQuery | undefined {
  try {
    return parseQuery(text);
  } catch (error) {
    if (error instanceof QueryTooComplex) throw problem('query_too_complex', { detail: `${error.message}.` });
    throw error;
  }
}

async function findInTime(database: Kysely<SearchDatabase>, search: Search): Promise<Results> {
  try {
    return await find(database, search);
  } catch (error) {
    if (isStatementTimeout(error)) throw problem('query_too_slow', { headers: { 'retry-after': '5' }, cause: error });
    throw error;
  }
}

/** SQLSTATE 57014: the server gave up the statement after its time. */
function isStatementTimeout(error: unknown): boolean {
  return error instanceof DatabaseUnavailable && (error.cause as { code?: unknown } | undefined)?.code === '57014';
}

function resultOf(found: Found, site: string, marked: Marked | undefined) {
  const query = marked ?? { words: new Set<string>(), beginnings: [] };
  const title = highlight(found.title, query);
  const text = highlight(found.text, query);
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

function nextCursor({ found, last }: Results): string | null {
  const end = found.at(-1);
  return last || end === undefined ? null : writePosition({ rank: end.rank, entry: end.entry });
}
