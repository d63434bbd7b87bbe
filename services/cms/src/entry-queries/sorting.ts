import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { problem } from '../errors.ts';
import { collationOf, type Locale } from './locales.ts';
import type { Operand } from './operand.ts';
import { readValue, valueSql } from './operand-values.ts';

/** One key of an order. Entries without a value come last in either direction. */
export interface SortKey {
  readonly name: string;
  readonly descending: boolean;
  readonly operand: Operand;
}

/** Values of the sort keys of one entry, as text; null where it has none. With its id, they are its place. */
export type SortPlace = readonly (string | null)[];

const MAX_KEYS = 3;

/** Longest part of a text that counts for its place by the rules of a language; as in `text_key`, for short cursors. */
const SORTED_CHARACTERS = 100;

/** Reads `sort=-published_at,title`. Throws `sort_invalid`, `unknown_field`. */
export function readSort(text: string, locale: Locale | undefined, operandOf: (name: string) => Operand): SortKey[] {
  const names = text.split(',');
  if (names.length > MAX_KEYS) throw refuse(`must have at most ${MAX_KEYS} keys`);
  const keys = names.map((part) => {
    const name = part.replace(/^-/, '');
    const operand = inLocale(operandOf(name), locale);
    if (!operand.sortable) throw refuse(`has a key that gives no order: ${name}`);
    return { name, descending: part.startsWith('-'), operand };
  });
  if (new Set(keys.map((key) => key.name)).size < keys.length) throw refuse('has a key twice');
  return keys;
}

function inLocale(operand: Operand, locale: Locale | undefined): Operand {
  if (locale === undefined || operand.kind !== 'text') return operand;
  const collation = sql.id(collationOf(locale));
  return { ...operand, sortKey: sql`left(${operand.value}, ${sql.lit(SORTED_CHARACTERS)}) collate ${collation}` };
}

function refuse(what: string) {
  const detail = `/query/sort ${what}.`.slice(0, 300);
  return problem('sort_invalid', { detail, errors: [{ path: '/query/sort', message: what.slice(0, 300) }] });
}

/** `order by`, ended by the id in the direction of the last key, so that every entry has one place. */
export function orderSql(keys: readonly SortKey[]): RawBuilder<unknown> {
  const parts = keys.map(
    ({ operand, descending }) =>
      sql`${operand.sortKey} ${descending ? sql`desc` : sql`asc`}${operand.nullable ? sql` nulls last` : sql``}`,
  );
  return sql.join([...parts, sql`e.id ${keys.at(-1)?.descending ? sql`desc` : sql`asc`}`]);
}

/** Members of an entry whose values every row brings along. */
const columnsOfRow = ['created_at', 'updated_at', 'published_at'] as const;

/** The place of a row, if its columns tell it: a place that the database works out is worked out for every row. */
export function placeOfRow(
  row: { readonly [Name in (typeof columnsOfRow)[number]]: Date | null },
  keys: readonly SortKey[],
): SortPlace | undefined {
  const columns = keys.map(({ name }) => columnsOfRow.find((column) => column === name));
  if (columns.includes(undefined)) return undefined;
  return columns.map((column) => (column === undefined ? null : (row[column]?.toISOString() ?? null)));
}

export function isPlaceInRow(keys: readonly SortKey[]): boolean {
  return keys.every(({ name }) => (columnsOfRow as readonly string[]).includes(name));
}

/** The keys' values as texts, for cursors. */
export function placeSql(keys: readonly SortKey[]): RawBuilder<{ place: SortPlace }> {
  const texts = keys.map(({ operand }) =>
    operand.kind === 'time'
      ? sql`to_char(${operand.sortKey} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
      : sql`${operand.sortKey}::text`,
  );
  return sql`array[${sql.join(texts)}]::text[] as place`;
}

/** Whether a place read from a cursor fits the keys. */
export function isPlace(place: unknown, keys: readonly SortKey[]): place is SortPlace {
  return (
    Array.isArray(place) &&
    place.length === keys.length &&
    keys.every(({ operand }, index) => {
      const value: unknown = place[index];
      return value === null
        ? operand.nullable
        : typeof value === 'string' && readValue(operand.kind, value) !== undefined;
    })
  );
}

/** The predicate "comes after this place". */
export function afterSql(
  keys: readonly SortKey[],
  place: SortPlace,
  id: string,
  idColumn: RawBuilder<unknown> = sql`e.id`,
): RawBuilder<SqlBool> {
  const descending = keys.at(-1)?.descending ?? false;
  const terms = keys.map((key, index) => {
    const text = place[index] ?? null;
    const column = key.operand.sortKey;
    const value = text === null ? null : valueSql(key.operand.kind, text);
    return { key, column, value };
  });
  if (terms.every(({ key, value }) => value !== null && !key.operand.nullable && key.descending === descending)) {
    // One comparison of rows, which an index in this order answers.
    const columns = sql.join([...terms.map((term) => term.column), idColumn]);
    const values = sql.join([...terms.map((term) => term.value), sql`${id}::uuid`]);
    return sql`(${columns}) ${descending ? sql`<` : sql`>`} (${values})`;
  }
  let after: RawBuilder<SqlBool> = sql`${idColumn} ${descending ? sql`<` : sql`>`} ${id}::uuid`;
  for (const { key, column, value } of terms.toReversed()) {
    if (value === null) {
      after = sql`(${column} is null and ${after})`;
      continue;
    }
    const beyond = sql`${column} ${key.descending ? sql`<` : sql`>`} ${value}`;
    const missing = key.operand.nullable ? sql` or ${column} is null` : sql``;
    after = sql`(${beyond}${missing} or (${column} = ${value} and ${after}))`;
  }
  return after;
}
