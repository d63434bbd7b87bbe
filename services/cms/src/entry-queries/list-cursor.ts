import { createHash } from 'node:crypto';
import { type CursorValue, type CursorValues, readCursor, writeCursor } from '@gaia/http-service/cursor';
import { problem } from '../errors.ts';
import { isUuid } from '../values/uuid.ts';
import { isPlace, type SortKey, type SortPlace } from './sorting.ts';

export interface ListPlace {
  readonly place: SortPlace;
  readonly id: string;
}

/** A short name for a query: a cursor is good for the query that gave it, and for no other. */
export function queryMark(query: unknown): string {
  return createHash('sha256').update(JSON.stringify(query)).digest('base64url').slice(0, 12);
}

export function writeListCursor(mark: string, { place, id }: ListPlace): string {
  return writeCursor([mark, id, ...place]);
}

/** Throws `invalid_cursor`. */
export function readListCursor(
  cursor: string | undefined,
  mark: string,
  keys: readonly SortKey[],
): ListPlace | undefined {
  const values = readCursor(cursor, isMarkAndId);
  if (values === undefined) return undefined;
  const [forQuery, id, ...place] = values;
  if (forQuery !== mark) throw problem('invalid_cursor', { detail: 'The cursor belongs to another query.' });
  if (!isPlace(place, keys)) throw problem('invalid_cursor');
  return { id, place };
}

function isMarkAndId(values: CursorValues): values is readonly [string, string, ...CursorValue[]] {
  const [mark, id] = values;
  return typeof mark === 'string' && typeof id === 'string' && isUuid(id);
}
