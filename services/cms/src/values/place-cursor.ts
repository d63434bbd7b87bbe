import { isValidUnicode } from '@gaia/http-service/invalid-unicode';
import { problem } from '../errors.ts';

const MAX_LENGTH = 2_000;

/** A place in a list as opaque text: the values by which the list is ordered. */
export function writePlace(values: readonly string[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/** Reads a place of so many values. Throws `invalid_cursor`. */
export function readPlace(text: string | undefined, count: number): string[] | undefined {
  if (text === undefined) return undefined;
  const values = text.length > MAX_LENGTH ? undefined : parsed(text);
  const usable =
    Array.isArray(values) &&
    values.length === count &&
    values.every((value) => typeof value === 'string' && isValidUnicode(value));
  if (!usable) throw problem('invalid_cursor');
  return values as string[];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
