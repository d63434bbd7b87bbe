import { type CursorValues, readCursor, writeCursor } from '@gaia/http-service/cursor';

/** Where a page of results ended: the rank and the entry of its last item. */
export interface Position {
  readonly rank: number;
  readonly entry: string;
}

export function writePosition({ rank, entry }: Position): string {
  return writeCursor([rank, entry]);
}

/** Throws invalid_cursor. */
export function readPosition(cursor: string | undefined): Position | undefined {
  const position = readCursor(cursor, isRankAndEntry);
  return position && { rank: position[0], entry: position[1] };
}

function isRankAndEntry(values: CursorValues): values is readonly [number, string] {
  const [rank, entry] = values;
  return (
    values.length === 2 &&
    typeof rank === 'number' &&
    Math.abs(rank) <= 1e6 &&
    typeof entry === 'string' &&
    /^[\x21-\x7e]{1,200}$/.test(entry)
  );
}
