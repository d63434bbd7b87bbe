import { Problem, problem } from '@gaia/http-service/problem';
import type { Caller } from '@gaia/policy/visibility';
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { CmsDatabase } from '../database.ts';
import type { EntryView } from '../entries/entry.ts';
import { type EntryRow, readScope, typeVersionOf, viewColumns, viewOfRow } from '../entries/entry-columns.ts';
import { problem as cmsProblem } from '../errors.ts';
import type { CompiledType } from '../types/compiled-type.ts';
import type { TypeCache } from '../types/type-cache.ts';
import { findType } from '../types/type-store.ts';
import { type FilterOperator, filterSql } from './filters.ts';
import { queryMark, readListCursor, writeListCursor } from './list-cursor.ts';
import { entryOperands, operandOf } from './operands.ts';
import { afterSql, isPlaceInRow, orderSql, placeOfRow, placeSql, readSort, type SortPlace } from './sorting.ts';

export interface ListFilter {
  readonly field: string;
  readonly operator: FilterOperator;
  readonly values: readonly string[];
}

export interface ListRequest {
  /** Name of a type; filters and sorts by fields need it. */
  readonly type: string | undefined;
  readonly status: 'draft' | 'published' | undefined;
  readonly filters: readonly ListFilter[];
  /** As in `sort=-published_at,title`; newest first if absent. */
  readonly sort: string | undefined;
  readonly cursor: string | undefined;
  readonly limit: number;
}

export interface EntryList {
  readonly items: readonly EntryView[];
  readonly nextCursor: string | undefined;
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
  const scope = readScope(caller, site);
  const operand = (name: string) => operandOf(name, scope, type, caller) ?? refuseField(name, type);
  const keys = readSort(request.sort ?? DEFAULT_SORT, operand);
  const { filters, status } = request;
  const mark = queryMark([site, request.type, status, request.sort, filters]);
  const place = readListCursor(request.cursor, mark, keys);
  const conditions: RawBuilder<SqlBool>[] = [
    sql`e.site = ${site}`,
    ...(type === undefined ? [] : [sql<SqlBool>`e.type_id = ${type.id}`]),
    sql`${scope.visible}`,
    ...statusSql(status),
    ...filters.map(({ field, operator, values }) => filterSql(field, operator, operand(field), values)),
    ...(place === undefined ? [] : [afterSql(keys, place.place, place.id)]),
  ];
  const { rows } = await sql<EntryRow & { place?: SortPlace }>`
    select ${viewColumns(scope)}${isPlaceInRow(keys) ? sql`` : sql`, ${placeSql(keys)}`} from entries e
    join content_types t on t.site = e.site and t.id = e.type_id
    where ${sql.join(conditions, sql` and `)}
    order by ${orderSql(keys)} limit ${request.limit + 1}`.execute(database);
  const page = rows.slice(0, request.limit);
  const compiled = await types.load(database, page.map(typeVersionOf));
  const last = rows.length > page.length ? page.at(-1) : undefined;
  return {
    items: page.map((row) => viewOfRow(row, compiled(typeVersionOf(row)), caller)),
    nextCursor: last && writeListCursor(mark, { id: last.id, place: last.place ?? placeOfRow(last, keys) ?? [] }),
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
  const shown = name.slice(0, 63);
  throw cmsProblem('unknown_field', {
    detail:
      type === undefined
        ? `Without a type there are only ${entryOperands.join(', ')}; "${shown}" needs one.`
        : `The type ${type.name} has no field "${shown}".`,
    extensions: { field: shown },
  });
}
