import { type CursorValues, readCursor, writeCursor } from '@gaia/http-service/cursor';
import { Type } from 'typebox';

/** The query of every list. */
export const PageQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 50, description: 'Most items of the answer' }),
    cursor: Type.Optional(
      Type.String({ minLength: 1, maxLength: 512, description: '`next_cursor` of the page before' }),
    ),
    q: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 100,
        pattern: '^[^\\p{Cc}]*$',
        description: 'Only what has this text in a name',
      }),
    ),
  },
  { additionalProperties: false },
);

export interface PageRequest {
  readonly limit: number;
  /** Id after which the page begins. */
  readonly after: string | undefined;
  /** Pattern for LIKE, lower case. */
  readonly like: string | undefined;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** Reads a list's query. `isId` says what an id of this list looks like. Throws invalid_cursor. */
export function readPage(
  query: { limit: number; cursor?: string; q?: string },
  isId: (text: string) => boolean,
): PageRequest {
  const isOneId = (values: CursorValues): values is readonly [string] =>
    values.length === 1 && typeof values[0] === 'string' && isId(values[0]);
  return {
    limit: query.limit,
    after: readCursor(query.cursor, isOneId)?.[0],
    like: likePattern(query.q),
  };
}

/** A pattern for LIKE, lower case, of what has a text in it; full stops of other scripts are taken for dots, as in domains. */
export function likePattern(q: string | undefined): string | undefined {
  if (q === undefined) return undefined;
  const text = q
    .normalize('NFC')
    .toLowerCase()
    .replace(/[\u3002\uff0e\uff61]/g, '.');
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}

/** Makes a page of one row more than was asked for, which only tells that there is a next page. */
export function pageOf<T>(rows: readonly T[], limit: number, idOf: (row: T) => string): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const isMore = rows.length > limit && last !== undefined;
  return { items, nextCursor: isMore ? writeCursor([idOf(last)]) : null };
}
