import { type CursorValues, readCursor, writeCursor } from '@gaia/http-service/cursor';

/** Where a page of the list ended. */
export interface ListPosition {
  readonly createdAt: Date;
  readonly id: string;
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** 9999-12-31, in milliseconds since the epoch. */
const LAST_TIME = 253_402_214_400_000;

export function writeListCursor({ createdAt, id }: ListPosition): string {
  return writeCursor([createdAt.getTime(), id]);
}

/** Throws invalid_cursor. */
export function readListCursor(cursor: string | undefined): ListPosition | undefined {
  const position = readCursor(cursor, isTimeAndId);
  return position && { createdAt: new Date(position[0]), id: position[1] };
}

function isTimeAndId(values: CursorValues): values is readonly [number, string] {
  const [time, id] = values;
  return (
    values.length === 2 &&
    Number.isSafeInteger(time) &&
    Number(time) >= 0 &&
    Number(time) <= LAST_TIME &&
    typeof id === 'string' &&
    uuid.test(id)
  );
}
