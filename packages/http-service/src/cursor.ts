import { isValidUnicode } from './invalid-unicode.ts';
import { problem } from './problem.ts';

export type CursorValue = string | number | null;
export type CursorValues = readonly CursorValue[];

/** Three keys of 200 characters of up to four bytes, with room. */
export const MAX_CURSOR_LENGTH = 6_000;

/** A position in a list as opaque text: the values by which the list is ordered, of the last item of a page. */
export function writeCursor(values: CursorValues): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/**
 * Reads the values of a cursor; undefined without one, which is the start of the list. A cursor says where to go on and
 * nothing more: what the caller may see is decided anew. Throws `invalid_cursor`.
 */
export function readCursor<Position extends CursorValues>(
  text: string | undefined,
  isPosition: (values: CursorValues) => values is Position,
): Position | undefined {
  if (text === undefined) return undefined;
  const values = parsed(text);
  if (!Array.isArray(values) || !values.every(isCursorValue) || !isPosition(values)) throw problem('invalid_cursor');
  return values;
}

/** Whether the values are so many texts. */
export function isTexts(count: number): (values: CursorValues) => values is readonly string[] {
  return (values): values is readonly string[] =>
    values.length === count && values.every((value) => typeof value === 'string');
}

function parsed(text: string): unknown {
  const bytes = Buffer.from(text, 'base64url');
  if (text.length > MAX_CURSOR_LENGTH || bytes.toString('base64url') !== text) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

function isCursorValue(value: unknown): value is CursorValue {
  if (typeof value === 'string') return isValidUnicode(value);
  return value === null || Number.isFinite(value);
}
