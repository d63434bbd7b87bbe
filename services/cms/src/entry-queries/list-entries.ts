import { Problem, problem } from '@gaia/http-service/problem';
import type { Caller } from '@gaia/policy/visibility';
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { CmsDatabase } from '../database.ts';
import type { EntryView } from '../entries/entry.ts';
import { type EntryRow, typeVersionOf, viewColumns, viewOfRow } from '../entries/entry-columns.ts';
import type { CompiledType } from '../types/compiled-type.ts';
import type { TypeCache } from '../types/type-cache.ts';
import { findType } from '../types/type-store.ts';
import { countRows } from './count-entries.ts';
import { conjuncts, type Filter } from './filter.ts';
import { filterSql } from './filters.ts';
import { queryMark, readListCursor, writeListCursor } from './list-cursor.ts';
import type { Locale } from './locales.ts';
import { entryRows, operandOf } from './operands.ts';
import { afterSql, isPlaceInRow, orderSql, placeOfRow, placeSql, readSort, type SortPlace } from './sorting.ts';
import { loadTargetTypes } from './target-types.ts';
import { unknownField } from './unknown-field.ts';

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
 * copy too. Throws `validation_failed`, `unknown_field`, `field_not_readable`, `filter_invalid`, `sort_invalid`, `invalid_cursor`.
 */
export async function listEntries(
  database: CmsDatabase,
  types: TypeCache,
  caller: Caller,
  site: string,
  request: ListRequest,
): Promise<EntryList> {
  const guess = request.type === undefined ? undefined : types.lastSeen(site, request.type);
  if (guess !== undefined) {
    const list = await readPage(database, types, caller, site, request, guess).catch((error: unknown) => {
      // By the type as it is now, the request may be right, or wrong in another way.
      if (error instanceof Problem) return undefined;
      throw error;
    });
    const [first] = list?.items ?? [];
    if (list !== undefined && first?.type === guess) return list;
  }
  return readPage(database, types, caller, site, request, await typeOf(database, types, site, request.type));
}

async function readPage(
  database: CmsDatabase,
  types: TypeCache,
  caller: Caller,
  site: string,
  request: ListRequest,
  type: CompiledType | undefined,
): Promise<EntryList> {
  const entries = entryRows(caller, site);
  const operand = (name: string) => operandOf(name, entries, type, caller) ?? refuseField(name, type);
  const keys = readSort(request.sort ?? DEFAULT_SORT, request.locale, operand);
  const { filter, status } = request;
  const mark = queryMark([site, request.type, status, request.sort, request.locale, filter]);
  const place = readListCursor(request.cursor, mark, keys);
  const targetsOf = await loadTargetTypes(database, types, site, filter, type);
  const all: RawBuilder<SqlBool>[] = [
    sql`e.site = ${site}`,
    ...(type === undefined ? [] : [sql<SqlBool>`e.type_id = ${type.id}`]),
    sql`${entries.scope.visible}`,
    ...statusSql(status),
    ...conjuncts(filter).map((part) => filterSql(part, { caller, site, type, rows: entries, targetsOf })),
  ];
  const conditions = place === undefined ? all : [...all, afterSql(keys, place.place, place.id)];
  const { rows } = await sql<EntryRow & { place?: SortPlace }>`
    select ${viewColumns(entries.scope)}${isPlaceInRow(keys) ? sql`` : sql`, ${placeSql(keys)}`} from entries e
    join content_types t on t.site = e.site and t.id = e.type_id
    where ${sql.join(conditions, sql` and `)}
    order by ${orderSql(keys)} limit ${request.limit + 1}`.execute(database);
  const page = rows.slice(0, request.limit);
  const compiled = await types.load(database, page.map(typeVersionOf));
  const last = rows.length > page.length ? page.at(-1) : undefined;
  return {
    items: page.map((row) => viewOfRow(row, compiled(typeVersionOf(row)), caller)),
    nextCursor: last && writeListCursor(mark, { id: last.id, place: last.place ?? placeOfRow(last, keys) ?? [] }),
    total: () => countRows(database, sql`entries e`, all),
  };
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
