import { problem } from '../errors.ts';

/** A consumer's place: everything up to `seq` of the feed's `epoch` has been given to it. */
export interface FeedCursor {
  readonly epoch: string;
  readonly seq: bigint;
}

const syntax = /^([0-9a-f]{12})-(0|[1-9]\d{0,18})$/;
const LARGEST = 2n ** 63n - 1n;

export function writeFeedCursor(cursor: FeedCursor): string {
  return Buffer.from(`${cursor.epoch}-${cursor.seq}`).toString('base64url');
}

/**
 * Reads a cursor; undefined, empty and `0` mean the beginning, which has no epoch. Throws `invalid_cursor` for one
 * that no feed ever gave.
 */
export function readFeedCursor(text: string | undefined): Partial<FeedCursor> & { readonly seq: bigint } {
  if (text === undefined || text === '' || text === '0') return { seq: 0n };
  const bytes = Buffer.from(text, 'base64url');
  const match = bytes.toString('base64url') === text ? syntax.exec(bytes.toString('latin1')) : null;
  const [, epoch, digits] = match ?? [];
  if (epoch === undefined || digits === undefined || BigInt(digits) > LARGEST) throw problem('invalid_cursor');
  return { epoch, seq: BigInt(digits) };
}
