import type { Caller } from '@gaia/policy/visibility';
import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { SearchDatabase } from '../database.ts';
import { PASSAGE_LENGTH } from '../documents/passages.ts';
import type { Position } from './cursor.ts';
import { matchSql, titleMatchSql } from './match-sql.ts';
import type { ParsedQuery } from './query-text.ts';
import { afterSql, orderSql, type Sort } from './sorting.ts';
import { anyWordTsquery, toTsquery } from './tsquery.ts';
import { visibleDocuments } from './visible-documents.ts';

/** What is looked for, by whom. */
export interface Wanted {
  readonly caller: Caller;
  readonly site: string;
  readonly query: ParsedQuery;
  readonly type: string | undefined;
  readonly filters: readonly RawBuilder<SqlBool>[];
}

export interface Search extends Wanted {
  /** By rank if undefined. */
  readonly sort: Sort | undefined;
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
  /** Of a long text the passage that has most of what is wanted. */
  readonly text: string;
  readonly updatedAt: Date;
  readonly publishedAt: Date | null;
  /** Its rank, or its value in the order. */
  readonly place: number | string | null;
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
/** Weights of D (stems), C, B (text) and A (title). */
const WEIGHTS = '{0.05, 0.1, 0.3, 1.0}';

/** A page of the visible documents. Only documents that the caller may see are ranked, sorted and counted. */
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

/** Documents (table alias `d`) that are wanted and that the caller may see. */
export function wantedSql({ caller, site, type, filters }: Wanted, match: RawBuilder<SqlBool>): RawBuilder<SqlBool> {
  const conditions = [match, visibleDocuments(caller, site), ...filters];
  if (type !== undefined) conditions.push(sql<SqlBool>`d.type = ${type}`);
  return sql<SqlBool>`${sql.join(conditions, sql` and `)}`;
}

function statement(search: Search) {
  return search.sort === undefined ? byRank(search) : byValue(search, search.sort);
}

type Row = Found & { total: number; exact: boolean; seq: number | bigint };

function byRank(search: Search): RawBuilder<Row> {
  const { site, query, after, limit } = search;
  const title = titleMatchSql(query, site);
  const rank = sql`ts_rank(${WEIGHTS}::float4[], d.search, ${toTsquery(query)}::tsquery, 1)::float8 as rank`;
  const candidates = (match: RawBuilder<SqlBool>) => sql`
    select d.entry, d.edition, ${rank} from documents d where ${wantedSql(search, match)} limit ${MAX_CANDIDATES}`;
  const isAfter =
    after === undefined
      ? sql<SqlBool>`true`
      : sql<SqlBool>`(rank < ${after.value} or (rank = ${after.value} and entry > ${after.entry}))`;
  return sql<Row>`
    with matching as materialized (${candidates(matchSql(query, site))}),
    ranked as materialized (
      select * from matching ${title === undefined ? sql`` : sql`union (${candidates(title)})`}
    ),
    page as (
      select entry, edition, rank as place from ranked where ${isAfter} order by rank desc, entry limit ${limit + 1}
    ),
    totals as (
      select (select count(*)::int from ranked) as total, (select count(*) < ${MAX_CANDIDATES} from matching) as exact
    )
    ${pageSql(query, site)}
    order by page.place desc, page.entry`;
}

function byValue(search: Search, sort: Sort): RawBuilder<Row> {
  const { site, query, after, limit } = search;
  const wanted = wantedSql(search, matchSql(query, site));
  const isAfter = after === undefined ? sql<SqlBool>`true` : afterSql(sort, after.value as string | null, after.entry);
  const text =
    sort.compared.kind === 'time'
      ? sql`to_char(${sort.key} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
      : sql`${sort.key}::text`;
  return sql<Row>`
    with page as (
      select d.entry, d.edition, ${text} as place, row_number() over () as n
      from (
        select d.* from documents d where ${wanted} and ${isAfter} order by ${orderSql(sort)} limit ${limit + 1}
      ) d
    ),
    counted as materialized (select from documents d where ${wanted} limit ${MAX_CANDIDATES + 1}),
    totals as (select count(*)::int as total, count(*) <= ${MAX_CANDIDATES} as exact from counted)
    ${pageSql(query, site)}
    order by page.n`;
}

/** The rows of a page; the totals come along where it is empty, too. */
function pageSql(query: ParsedQuery, site: string) {
  const any = anyWordTsquery(query);
  const beginning = sql`left(d.text, ${PASSAGE_LENGTH})`;
  const text =
    any === undefined
      ? beginning
      : sql`coalesce(case when d.long then (
          select p.text from passages p
          where p.site = d.site and p.entry = d.entry and p.edition = d.edition and p.search @@ ${any}::tsquery
          order by ts_rank(p.search, ${any}::tsquery) desc, p.n limit 1) end, ${beginning})`;
  return sql`
    select totals.total, totals.exact, (select applied_seq from progress) as seq,
      d.entry, d.type, d.author, d.visibility, d.status, d.title, ${text} as text,
      d.updated_at as "updatedAt", d.published_at as "publishedAt", page.place
    from totals
      left join (page join documents d on d.site = ${site} and d.entry = page.entry and d.edition = page.edition) on true`;
}
