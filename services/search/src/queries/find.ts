import type { Caller } from '@gaia/policy/visibility';
import { type Kysely, type SqlBool, sql } from 'kysely';
import type { SearchDatabase } from '../database.ts';
import type { Position } from './cursor.ts';
import { MAX_SCANNED_LENGTH } from './highlight.ts';
import { type ParsedQuery, siteTsquery, titleTsquery, toTsquery } from './query-text.ts';
import { visibleDocuments } from './visible-documents.ts';

export interface Search {
  readonly caller: Caller;
  readonly site: string;
  readonly query: ParsedQuery;
  readonly type: string | undefined;
  readonly after: Position | undefined;
  readonly limit: number;
}

export interface Found {
  readonly entry: string;
  readonly type: string;
  readonly author: string;
  readonly visibility: string;
  readonly status: string;
  readonly title: string;
  readonly text: string;
  readonly updatedAt: Date;
  readonly publishedAt: Date | null;
  readonly rank: number;
}

export interface Results {
  readonly found: readonly Found[];
  /** Documents that match and that the caller may see; at most MAX_CANDIDATES. */
  readonly total: number;
  readonly totalIsExact: boolean;
  readonly last: boolean;
  /** Every change up to this one was in the documents that were looked through. */
  readonly seq: bigint;
}

/**
 * No more documents than this are ranked and counted: ranking every match of a common word is what makes full text
 * search slow. Matches in titles are candidates first.
 */
const MAX_CANDIDATES = 1_000;
/** Weights of D, C, B (text) and A (title). */
const WEIGHTS = '{0.05, 0.1, 0.3, 1.0}';

/** A page of the visible documents by rank. Only documents that the caller may see are ranked and counted. */
export async function find(database: Kysely<SearchDatabase>, search: Search): Promise<Results> {
  const { rows } = await statement(search).execute(database);
  const [totals] = rows;
  const found = rows.filter((row): row is typeof row & { entry: string } => row.entry !== null);
  return {
    found: found.slice(0, search.limit),
    total: Math.min(totals?.total ?? 0, MAX_CANDIDATES),
    totalIsExact: totals?.exact ?? true,
    last: found.length <= search.limit,
    seq: BigInt(totals?.seq ?? 0),
  };
}

function statement({ caller, site, query, type, after, limit }: Search) {
  const title = titleTsquery(query, site);
  const rank = sql`ts_rank(${WEIGHTS}::float4[], d.search, ${toTsquery(query)}::tsquery, 1)::float8 as rank`;
  const candidates = (tsquery: string) => sql`
    select d.entry, d.edition, ${rank} from documents d
    where d.search @@ ${tsquery}::tsquery and ${visibleDocuments(caller, site)} and ${ofType(type)}
    limit ${MAX_CANDIDATES}`;
  return sql<Found & { total: number; exact: boolean; seq: number | bigint }>`
    with matching as materialized (${candidates(siteTsquery(query, site))}),
    ranked as materialized (
      select * from matching ${title === undefined ? sql`` : sql`union (${candidates(title)})`}
    ),
    page as (
      select * from ranked where ${isAfter(after)} order by rank desc, entry limit ${limit + 1}
    )
    select (select count(*)::int from ranked) as total,
      (select count(*) < ${MAX_CANDIDATES} from matching) as exact,
      (select applied_seq from progress) as seq,
      d.entry, d.type, d.author, d.visibility, d.status, d.title, left(d.text, ${MAX_SCANNED_LENGTH}) as text,
      d.updated_at as "updatedAt", d.published_at as "publishedAt", page.rank
    from (select 1) as one
      left join (page join documents d on d.site = ${site} and d.entry = page.entry and d.edition = page.edition) on true
    order by page.rank desc, page.entry`;
}

function ofType(type: string | undefined) {
  return type === undefined ? sql<SqlBool>`true` : sql<SqlBool>`d.type = ${type}`;
}

function isAfter(after: Position | undefined) {
  if (after === undefined) return sql<SqlBool>`true`;
  return sql<SqlBool>`(rank < ${after.rank} or (rank = ${after.rank} and entry > ${after.entry}))`;
}
