import { isValidUnicode } from '@gaia/http-service/invalid-unicode';
import { type RawBuilder, sql } from 'kysely';
import { canonicalDate } from '../values/calendar-date.ts';
import { isUuid } from '../values/uuid.ts';
import { type FilterOperator, filterBounds } from './filter.ts';
import type { Bound } from './operand.ts';

/** How values compare: texts as people read them, dates by code point, numbers as numbers, times as times. */
export type OperandKind = 'text' | 'richText' | 'number' | 'decimal' | 'boolean' | 'date' | 'time' | 'uuid' | 'other';

/** As long as PostgreSQL writes the numbers of JSON documents. */
const numberSyntax = /^-?\d{1,310}(?:\.\d{1,1100})?(?:[eE][+-]?\d{1,3})?$/;

/** Reads a value of a filter or cursor as a kind's, in its canonical form; undefined if it is none. */
export function readValue(kind: OperandKind, text: string): string | undefined {
  if (text.length > filterBounds.textLength) return undefined;
  switch (kind) {
    case 'text':
    case 'richText':
      return isValidUnicode(text) ? text : undefined;
    case 'number':
    case 'decimal':
      // It stays a text, because the nearest floating-point number can be another number.
      return numberSyntax.test(text) && Number.isFinite(Number(text)) ? text.replace(/^(-?)0+(?=\d)/, '$1') : undefined;
    case 'boolean':
      return text === 'true' || text === 'false' ? text : undefined;
    case 'date':
    case 'time':
      return canonicalDate(text);
    case 'uuid':
      return isUuid(text) ? text.toLowerCase() : undefined;
    case 'other':
      return undefined;
  }
}

/** The value as a parameter of the SQL type that an operand of its kind has. */
export function valueSql(kind: OperandKind, value: string): RawBuilder<unknown> {
  switch (kind) {
    case 'number':
    case 'decimal':
      return sql`${value}::numeric`;
    case 'time':
      return sql`${isDay(value) ? `${value}${MIDNIGHT}` : value}::timestamptz`;
    case 'uuid':
      return sql`${value}::uuid`;
    default:
      return sql`${value}::text`;
  }
}

const MIDNIGHT = 'T00:00:00.000Z';

function isDay(date: string): boolean {
  return date.length === 'yyyy-mm-dd'.length;
}

/** After every date and time, as a text and as PostgreSQL's time. */
const END_OF_TIME = 'infinity';

function dayAfter(day: string): string {
  const next = new Date(Date.parse(`${day}${MIDNIGHT}`) + 86_400_000).toISOString();
  return next.startsWith('+') ? END_OF_TIME : next.slice(0, day.length);
}

/**
 * The range of values for which a comparison holds; undefined for an equality that is no range. A day in a filter is
 * the whole day, in UTC; the day of an entry compares with a time as its midnight.
 */
export function rangeOf(
  kind: OperandKind,
  operator: Extract<FilterOperator, 'eq' | 'lt' | 'lte' | 'gt' | 'gte'>,
  value: string,
): readonly Bound[] | undefined {
  const dated = kind === 'date' || kind === 'time';
  const start = kind === 'date' && value.endsWith(MIDNIGHT) ? value.slice(0, -MIDNIGHT.length) : value;
  // Behind the last value that the filter's value stands for.
  const after: Bound | undefined = dated && isDay(value) ? ['<', dayAfter(value)] : undefined;
  switch (operator) {
    case 'eq':
      if (after !== undefined) return [['>=', start], after];
      return start === value
        ? undefined
        : [
            ['>=', start],
            ['<=', value],
          ];
    case 'lt':
      return [['<', start]];
    case 'gte':
      return [['>=', start]];
    case 'lte':
      return [after ?? ['<=', value]];
    case 'gt':
      return [after === undefined ? ['>', value] : ['>=', after[1]]];
  }
}
