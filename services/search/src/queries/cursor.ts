/** Where a page of results ended: the rank and the entry of its last item. */
export interface Position {
  readonly rank: number;
  readonly entry: string;
}

export function writeCursor({ rank, entry }: Position): string {
  return Buffer.from(JSON.stringify([rank, entry])).toString('base64url');
}

/** Reads a cursor of writeCursor; undefined if it is not one. */
export function readCursor(cursor: string): Position | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (!Array.isArray(value) || value.length !== 2) return undefined;
    const [rank, entry] = value as [unknown, unknown];
    if (typeof rank !== 'number' || !Number.isFinite(rank) || Math.abs(rank) > 1e6) return undefined;
    if (typeof entry !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(entry)) return undefined;
    return { rank, entry };
  } catch {
    return undefined;
  }
}
