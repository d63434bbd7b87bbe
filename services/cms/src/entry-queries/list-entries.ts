import { Problem, problem } from '@gaia/http-service/problem';
import type { Caller } from '@gaia/policy/visibility';
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { CmsDatabase } from '../database.ts';
import type { EntryView } from '../entries/entry.ts';
import { type EntryRow, typeVersionOf, viewColumns, viewOfRow } from '../entries/entry-columns.ts';
import { problem as cmsProblem } from '../errors.ts';
import type { CompiledType } from '../types/compiled-type.ts';
import { waitingFields } from '../types/slot-fills.ts';
import type { TypeCache } from '../types/type-cache.ts';
import { findType } from '../types/type-store.ts';
import { countRows } from './count-entries.ts';
import { conjuncts, type Filter } from './filter.ts';
import { filterSql } from './filters.ts';
import { inLimitedTime } from './limited-time.ts';
import { queryMark, readListCursor, writeListCursor } from './list-cursor.ts';
import { defaultLimits, type ListLimits } from './list-plans.ts';
import { listedVariants, listVariants, type VariantList } from './list-variants.ts';
import type { Locale } from './locales.ts';
import { type EntryRows, entryRows, operandOf } from './operands.ts';
import {
  afterSql,
  isPlaceInRow,
  orderSql,
  placeOfRow,
  placeSql,
  readSort,
  type SortKey,
  type SortPlace,
} from './sorting.ts';
import { loadTargetTypes } from './target-types.ts';
import { unknownField } from './unknown-field.ts';
import { sortColumn } from './variant-statement.ts';

export interface ListRequest {
  /** Name of a type; filters and sorts by fields need it. */
  readonly type: string | undefined;
  readonly status: 'draft' | 'published' | undefined;
  readonly filter: Filter | undefined;
  /** As in `sort=-published_at,title`; newest first if absent. */
  readonly sort: string | undefined;
  /** Language by whose rules texts are sorted. */
  readonly locale: Locale | undefined;
  readonly cursor: string | undefined;
  readonly limit: number;
}

export interface EntryList {
  readonly items: readonly EntryView[];
  readonly nextCursor: string | undefined;
  /** Counts the entries of all pages; undefined where that takes too long. */
  total(): Promise<number | undefined>;
}

const DEFAULT_SORT = '-created_at';

/**
 * Entries of a site that the caller may read, each in the copy that the caller sees; filters and sorts look at that
 * copy too. Throws `validation_failed`, `unknown_field`, `field_not_readable`, `filter_invalid`, `sort_invalid`, `invalid_cursor`,
 * `query_too_expensive`.
 */
export async function listEntries(
  database: CmsDatabase,
  types: TypeCache,
  caller: Caller,
  site: string,
  request: ListRequest,
  limits = defaultLimits,
): Promise<EntryList> {
  const guess = request.type === undefined ? undefined : types.lastSeen(site, request.type);
  if (guess !== undefined) {
    const list = await readPage(database, types, caller, site, request, guess, limits).catch((error: unknown) => {
      // By the type as it is now, the request may be right, or wrong in another way.
      if (error instanceof Problem && error.statusCode < 500) return undefined;
      throw error;
    });
    if (list?.isCurrent) return list;
  }
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const type = await typeOf(database, types, site, request.type);
    const list = await readPage(database, types, caller, site, request, type, limits);
    if (list !== undefined) return list;
  }
  throw cmsProblem('busy', { headers: { 'retry-after': '1' } });
}

/** How often a type may change while a page is read. */
const ATTEMPTS = 3;

async function readPage(
  database: CmsDatabase,
  types: TypeCache,
  caller: Caller,
  site: string,
  request: ListRequest,
  type: CompiledType | undefined,
  limits: ListLimits,
): Promise<(EntryList & { readonly isCurrent: boolean }) | undefined> {
  const sort = request.sort ?? DEFAULT_SORT;
  const { filter, status } = request;
  const targetsOf = await loadTargetTypes(database, types, site, filter, type);
  const keysOf = (rows: EntryRows) =>
    readSort(sort, request.locale, (name) => operandOf(name, rows, type, caller) ?? refuseField(name, type));
  const partSql = (part: Filter, rows: EntryRows) => filterSql(part, { caller, site, type, rows, targetsOf });
  const entries = entryRows(caller, site);
  const keys = keysOf(entries);
  const mark = queryMark([site, request.type, status, request.sort, request.locale, filter]);
  const place = readListCursor(request.cursor, mark, keys);
  const common = { database, caller, site, status, sort, place, keysOf, partSql, rows: request.limit + 1, limits };
  const inLocale = request.locale !== undefined && keys.some(({ operand }) => operand.kind === 'text');
  const asked = { ...common, conjuncts: conjuncts(filter), inLocale };
  const variants = type && (await byVariants(asked, type));
  if (variants === 'type changed') return undefined;
  const { rows, listed, conditions } = variants ?? (await byDocuments(asked, type, entries, keys));
  const page = rows.slice(0, request.limit);
  const compiled = await types.load(database, page.map(typeVersionOf));
  const last = rows.length > page.length ? page.at(-1) : undefined;
  return {
    items: page.map((row) => viewOfRow(row, compiled(typeVersionOf(row)), caller)),
    nextCursor: last && writeListCursor(mark, { id: last.id, place: last.place ?? placeOfRow(last, keys) ?? [] }),
    total: () => countRows(database, listed, conditions),
    isCurrent: variants !== undefined || (type !== undefined && page[0]?.type_version === type.version),
  };
}

type Asked = Omit<VariantList, 'type' | 'waiting'>;
type Row = EntryRow & { readonly place?: SortPlace };

interface Page {
  readonly rows: readonly Row[];
  /** What has the rows of all pages, and which rows they are. */
  readonly listed: RawBuilder<unknown>;
  readonly conditions: readonly RawBuilder<SqlBool>[];
}

/** Undefined if the order is of fields that have no slot, or none yet, or is a language's. */
async function byVariants(
  asked: Asked & { readonly inLocale: boolean },
  type: CompiledType,
): Promise<Page | 'type changed' | undefined> {
  if (asked.inLocale) return undefined;
  const waiting = await waitingFields(asked.database, type);
  if (waiting === undefined) return undefined;
  const [first, ...others] = asked.sort.split(',').map((key) => sortColumn(key.replace(/^-/, ''), type, waiting));
  if (first === undefined || others.includes(undefined)) return undefined;
  const rows = await listVariants({ ...asked, type, waiting }, first);
  if (rows === 'type changed') return rows;
  return { rows, listed: listedVariants({ ...asked, type, waiting }), conditions: [sql`true`] };
}

async function byDocuments(
  asked: Asked,
  type: CompiledType | undefined,
  entries: EntryRows,
  keys: readonly SortKey[],
): Promise<Page> {
  const { site, status, place } = asked;
  const conditions: RawBuilder<SqlBool>[] = [
    sql`e.site = ${site}`,
    ...(type === undefined ? [] : [sql<SqlBool>`e.type_id = ${type.id}`]),
    sql`${entries.scope.visible}`,
    ...statusSql(status),
    ...asked.conjuncts.map((part) => asked.partSql(part, entries)),
  ];
  const after = place === undefined ? [] : [afterSql(keys, place.place, place.id)];
  const query = sql<Row>`
    select ${viewColumns(entries.scope)}${isPlaceInRow(keys) ? sql`` : sql`, ${placeSql(keys)}`} from entries e
    join content_types t on t.site = e.site and t.id = e.type_id
    where ${sql.join([...conditions, ...after], sql` and `)}
    order by ${orderSql(keys)} limit ${asked.rows}`;
  const { rows } =
    type === undefined
      ? await query.execute(asked.database)
      : await inLimitedTime(asked, (reader) => query.execute(reader));
  return { rows, listed: sql`entries e`, conditions };
}

function statusSql(status: ListRequest['status']): RawBuilder<SqlBool>[] {
  if (status === undefined) return [];
  return [status === 'published' ? sql`e.published is not null` : sql`e.published is null`];
}

async function typeOf(
  database: CmsDatabase,
  types: TypeCache,
  site: string,
  name: string | undefined,
): Promise<CompiledType | undefined> {
  if (name === undefined) return undefined;
  const type = await findType(database, site, name);
  if (type !== undefined) return types.compiled(type);
  const errors = [{ path: '/query/type', message: 'is no content type of this site' }];
  throw problem('validation_failed', { detail: '/query/type is no content type of this site.', errors });
}

function refuseField(name: string, type: CompiledType | undefined): never {
  throw unknownField(name, type);
}
