import { isValidUnicode } from '@gaia/http-service/invalid-unicode';
import { type RawBuilder, sql } from 'kysely';
import { canonicalDate } from '../values/calendar-date.ts';
import { isUuid } from '../values/uuid.ts';
import type { OperandKind } from './operands.ts';

const numberSyntax = /^-?\d{1,30}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?$/;
const MAX_TEXT = 1_000;

/** Reads a value of a filter or cursor as a kind's; undefined if it is none. Dates become canonical. */
export function readValue(kind: OperandKind, text: string): string | number | boolean | undefined {
  switch (kind) {
    case 'text':
      return text.length <= MAX_TEXT && isValidUnicode(text) ? text : undefined;
    case 'number':
      return numberSyntax.test(text) && Number.isFinite(Number(text)) ? Number(text) : undefined;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'date':
      return canonicalDate(text);
    case 'time': {
      const date = canonicalDate(text);
      return date !== undefined && date.length === 10 ? `${date}T00:00:00.000Z` : date;
    }
    case 'uuid':
      return isUuid(text) ? text.toLowerCase() : undefined;
    case 'other':
      return undefined;
  }
}

/** The value as a parameter of the type that an operand of its kind has. */
export function valueSql(kind: OperandKind, value: string | number | boolean): RawBuilder<unknown> {
  switch (kind) {
    case 'number':
    case 'boolean':
      return sql`${JSON.stringify(value)}::jsonb`;
    case 'time':
      return sql`${value}::timestamptz`;
    case 'uuid':
      return sql`${value}::uuid`;
    default:
      return sql`${value}::text`;
  }
}
