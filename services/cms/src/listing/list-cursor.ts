import { createHash } from 'node:crypto';
import { problem } from '../errors.ts';
import { isUuid } from '../values/uuid.ts';
import { isPlace, type SortKey, type SortPlace } from './sorting.ts';

export interface ListPlace {
  readonly place: SortPlace;
  readonly id: string;
}

/** Longest cursor, in characters: three keys of 200 characters of up to four bytes, with room. */
export const MAX_CURSOR = 6_000;

/** A short name for a query: a cursor is good for the query that gave it, and for no other. */
export function queryMark(query: unknown): string {
  return createHash('sha256').update(JSON.stringify(query)).digest('base64url').slice(0, 12);
}

export function writeListCursor(mark: string, { place, id }: ListPlace): string {
  return Buffer.from(JSON.stringify([mark, id, ...place])).toString('base64url');
}

/**
 * Reads a cursor. It says where to go on and nothing more: what the caller may see is decided anew. Throws
 * `invalid_cursor`.
 */
export function readListCursor(text: string, mark: string, keys: readonly SortKey[]): ListPlace {
  const content = parsed(text);
  if (!Array.isArray(content)) throw problem('invalid_cursor');
  const [forQuery, id, ...place] = content as unknown[];
  if (typeof id !== 'string' || !isUuid(id)) throw problem('invalid_cursor');
  if (forQuery !== mark) throw problem('invalid_cursor', { detail: 'The cursor belongs to another query.' });
  if (!isPlace(place, keys)) throw problem('invalid_cursor');
  return { id, place };
}

function parsed(text: string): unknown {
  if (text.length > MAX_CURSOR || !/^[A-Za-z0-9_-]+$/.test(text)) return undefined;
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
