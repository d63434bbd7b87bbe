import type { Kysely, Transaction } from 'kysely';
import type { SearchDatabase } from '../database.ts';
import { applyEvents } from '../documents/documents.ts';
import type { FeedPage } from './feed-page.ts';

export interface Progress {
  readonly cursor: string;
  readonly appliedSeq: bigint;
  readonly headSeq: bigint;
  readonly generation: number;
  readonly rebuilding: boolean;
  /** Milliseconds since the epoch; undefined before the end of the feed was reached for the first time. */
  readonly caughtUpAt: number | undefined;
}

/** Another process has applied events in the meantime: what was read is not to be applied on top. */
class Overtaken extends Error {
  readonly code = 'overtaken';
  constructor() {
    super('another process has moved the cursor');
  }
}

export async function readProgress(database: Kysely<SearchDatabase>): Promise<Progress> {
  return toProgress(await database.selectFrom('progress').selectAll().executeTakeFirstOrThrow());
}

/**
 * Applies a page and moves the cursor in one transaction, so that a crash at any point loses and repeats nothing. The
 * cursor is compared first: whoever holds an outdated one, lock or no lock, changes nothing (Overtaken).
 */
export async function applyPage(
  database: Kysely<SearchDatabase>,
  from: Progress,
  page: FeedPage,
  at: { readonly caughtUpAt: number | undefined },
): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    const progress = await lockProgress(transaction, from);
    await applyEvents(transaction, page.events, progress.generation);
    const rebuilt = progress.rebuilding && at.caughtUpAt !== undefined;
    if (rebuilt) {
      // What the whole feed did not name again is gone.
      await transaction.deleteFrom('documents').where('generation', '<', progress.generation).execute();
    }
    await transaction
      .updateTable('progress')
      .set({
        feed_cursor: page.cursor,
        applied_seq: page.seq.toString(),
        head_seq: page.head.toString(),
        rebuilding: progress.rebuilding && !rebuilt,
        ...(at.caughtUpAt !== undefined && { caught_up_at: new Date(at.caughtUpAt) }),
      })
      .execute();
  });
}

/**
 * Begins the feed anew: everything is written once more, and what is not named again is removed at its end. Until then
 * the old documents are found. Nothing counts as applied meanwhile: the source may number its changes otherwise now.
 */
export async function beginRebuild(database: Kysely<SearchDatabase>, from: Progress): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    const progress = await lockProgress(transaction, from);
    await transaction
      .updateTable('progress')
      .set({
        feed_cursor: '',
        applied_seq: '0',
        head_seq: '0',
        generation: progress.generation + 1,
        rebuilding: true,
      })
      .execute();
  });
}

async function lockProgress(transaction: Transaction<SearchDatabase>, expected: Progress): Promise<Progress> {
  const row = await transaction.selectFrom('progress').selectAll().forUpdate().executeTakeFirstOrThrow();
  const progress = toProgress(row);
  if (progress.cursor !== expected.cursor || progress.generation !== expected.generation) throw new Overtaken();
  return progress;
}

function toProgress(row: {
  feed_cursor: string;
  applied_seq: number | bigint;
  head_seq: number | bigint;
  generation: number;
  rebuilding: boolean;
  caught_up_at: Date | null;
}): Progress {
  return {
    cursor: row.feed_cursor,
    appliedSeq: BigInt(row.applied_seq),
    headSeq: BigInt(row.head_seq),
    generation: row.generation,
    rebuilding: row.rebuilding,
    caughtUpAt: row.caught_up_at?.getTime(),
  };
}
