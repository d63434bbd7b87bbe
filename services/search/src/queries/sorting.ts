import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { problem } from '../errors.ts';
import { type ComparableValue, parameterOf } from './comparable-values.ts';
import { unknownField } from './filters.ts';

/** An order other than by rank. Documents without a value come last in either direction. */
export interface Sort {
  /** As it was asked. */
  readonly text: string;
  readonly descending: boolean;
  readonly compared: ComparableValue;
  readonly key: RawBuilder<unknown>;
}

/** Longest part of a text that counts for its place; keeps cursors short. */
const SORTED_CHARACTERS = 200;

/** Reads `-published_at`. Throws `sort_invalid`, `unknown_field`. */
export function readSort(text: string, values: ReadonlyMap<string, ComparableValue>): Sort {
  const name = text.replace(/^-/, '');
  const compared = values.get(name);
  if (compared === undefined) throw unknownField(name);
  if (compared.list) {
    throw problem('sort_invalid', { errors: [{ path: '/query/sort', message: 'must not be a list' }] });
  }
  const key =
    compared.kind === 'text' ? sql`left(${compared.value}, ${sql.lit(SORTED_CHARACTERS)}) collate "C"` : compared.value;
  return { text, descending: text.startsWith('-'), compared, key };
}

export function orderSql({ key, descending }: Sort): RawBuilder<unknown> {
  return descending ? sql`${key} desc nulls last, d.entry` : sql`${key} asc nulls last, d.entry`;
}

/** Whether a document stands behind a place. Throws `invalid_cursor` for a value of another kind. */
export function afterSql(
  { key, descending, compared }: Sort,
  value: string | null,
  entry: string,
): RawBuilder<SqlBool> {
  if (value === null) return sql<SqlBool>`(${key} is null and d.entry > ${entry})`;
  const parameter = parameterOf(compared.kind, value);
  if (parameter === undefined) throw problem('invalid_cursor');
  const further = descending ? sql`${key} < ${parameter}` : sql`${key} > ${parameter}`;
  return sql<SqlBool>`(${further} or ${key} is null or (${key} = ${parameter} and d.entry > ${entry}))`;
}
