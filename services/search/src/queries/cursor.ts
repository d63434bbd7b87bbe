import { type CursorValues, readCursor, writeCursor } from '@gaia/http-service/cursor';
import { problem } from '../errors.ts';

/** Where a page of results ended. */
export interface Position {
  /** The order that it is a position in: empty for the rank. */
  readonly sort: string;
  /** Rank of the last item, or its value in the order. */
  readonly value: number | string | null;
  readonly entry: string;
  /** Whether words that are spelled alike were looked for. */
  readonly fuzzy: boolean;
}

export function writePosition({ sort, value, entry, fuzzy }: Position): string {
  return writeCursor([sort, value, entry, fuzzy ? 1 : 0]);
}

/** Throws invalid_cursor, also for a position in another order. */
export function readPosition(cursor: string | undefined, sort: string): Position | undefined {
  const position = readCursor(cursor, isPosition);
  if (position === undefined) return undefined;
  const [of, value, entry, fuzzy] = position;
  if (of !== sort || (sort === '') !== (typeof value === 'number')) throw problem('invalid_cursor');
  return { sort, value, entry, fuzzy: fuzzy === 1 };
}

type Values = readonly [string, number | string | null, string, 0 | 1];

function isPosition(values: CursorValues): values is Values {
  const [sort, value, entry, fuzzy] = values;
  return (
    values.length === 4 &&
    typeof sort === 'string' &&
    (typeof value !== 'number' || Math.abs(value) <= 1e6) &&
    typeof entry === 'string' &&
    /^[\x21-\x7e]{1,200}$/.test(entry) &&
    (fuzzy === 0 || fuzzy === 1)
  );
}
