import { type Kysely, sql, type Transaction } from 'kysely';
import type { FeedConsumer } from './consumer.ts';
import type { EntryEvent } from './events.ts';
import type { FeedPage } from './feed-page.ts';
import { applyProjections, latest, sweepProjections } from './projections.ts';

export interface Progress {
  readonly cursor: string;
  /** Every change up to this one has been applied. */
  readonly appliedSeq: bigint;
  readonly headSeq: bigint;
  /** Number of the rebuild; rows carry the one that wrote them. */
  readonly generation: number;
  readonly rebuilding: boolean;
  /** Milliseconds since the epoch; undefined before the end of the feed was reached for the first time. */
  readonly caughtUpAt: number | undefined;
  readonly rebuild: {
    /** Events of this generation so far, and how many there were to be, roughly. */
    readonly applied: number;
    readonly expected: number | undefined;
    /** Milliseconds since the epoch. */
    readonly startedAt: number | undefined;
    readonly finishedAt: number | undefined;
  };
}

/** Another process has applied events in the meantime: what was read is not to be applied on top. */
export class Overtaken extends Error {
  readonly code = 'overtaken';
  constructor() {
    super('another process has moved the cursor');
  }
}

export async function readProgress<DB>(database: Kysely<DB>): Promise<Progress> {
  const { rows } = await sql<Row>`select * from progress`.execute(database);
  return toProgress(rows);
}

export interface Application<DB> {
  readonly consumer: FeedConsumer<DB>;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/**
 * Applies a page and moves the cursor in one transaction, so that a crash at any point loses and repeats nothing. The
 * cursor is compared first: a follower with an outdated one changes nothing (Overtaken), with or without the lock.
 */
export async function applyPage<DB>(
  database: Kysely<DB>,
  from: Progress,
  page: FeedPage,
  { consumer, at }: Application<DB>,
): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    const { generation, rebuilding } = await lockProgress(transaction, from);
    const entries = page.events.filter((event): event is EntryEvent => event.kind === 'entry');
    await applyProjections(transaction, page.events, generation);
    const changed = latest(entries, ({ site, id }) => `${site} ${id}`);
    if (changed.length > 0) await consumer.apply(transaction, changed, generation);
    const reachedEnd = page.seq >= page.head;
    const rebuilt = rebuilding && reachedEnd;
    if (rebuilt) {
      await consumer.sweep(transaction, generation);
      await sweepProjections(transaction, generation);
    }
    await sql`
      update progress set
        feed_cursor = ${page.cursor},
        applied_seq = ${page.seq.toString()}::bigint,
        head_seq = ${page.head.toString()}::bigint,
        events_applied = events_applied + ${page.size}::integer,
        rebuilding = ${rebuilding && !rebuilt},
        caught_up_at = case when ${reachedEnd} then ${new Date(at)}::timestamptz else caught_up_at end,
        rebuild_finished_at = case when ${rebuilt} then ${new Date(at)}::timestamptz else rebuild_finished_at end
      `.execute(transaction);
  });
}

/**
 * Begins the feed anew: everything is written once more, and what is not named again is removed at its end. Until then
 * the old rows count. Nothing counts as applied meanwhile: the source may number its changes otherwise now.
 * With `from`, only if the cursor has not moved since (else Overtaken); without, only if no rebuild is under way.
 * False if there was nothing to begin.
 */
export async function beginRebuild<DB>(
  database: Kysely<DB>,
  { consumer, at, from }: Application<DB> & { readonly from?: Progress },
): Promise<boolean> {
  const expected = await consumer.expected?.(database);
  return database.transaction().execute(async (transaction) => {
    const { rebuilding } = await lockProgress(transaction, from);
    if (from === undefined && rebuilding) return false;
    await sql`
      update progress set
        feed_cursor = '', applied_seq = 0, head_seq = 0, generation = generation + 1, rebuilding = true,
        events_applied = 0, events_expected = ${expected ?? null}::bigint,
        rebuild_started_at = ${new Date(at)}::timestamptz, rebuild_finished_at = null
      `.execute(transaction);
    return true;
  });
}

async function lockProgress<DB>(transaction: Transaction<DB>, expected: Progress | undefined): Promise<Progress> {
  const { rows } = await sql<Row>`select * from progress for update`.execute(transaction);
  const progress = toProgress(rows);
  if (expected && (progress.cursor !== expected.cursor || progress.generation !== expected.generation)) {
    throw new Overtaken();
  }
  return progress;
}

interface Row {
  readonly feed_cursor: string;
  readonly applied_seq: number | bigint;
  readonly head_seq: number | bigint;
  readonly generation: number;
  readonly rebuilding: boolean;
  readonly caught_up_at: Date | null;
  readonly events_applied: number | bigint;
  readonly events_expected: number | bigint | null;
  readonly rebuild_started_at: Date | null;
  readonly rebuild_finished_at: Date | null;
}

function toProgress([row]: readonly Row[]): Progress {
  if (row === undefined) throw new Error('the row of the progress is missing');
  return {
    cursor: row.feed_cursor,
    appliedSeq: BigInt(row.applied_seq),
    headSeq: BigInt(row.head_seq),
    generation: row.generation,
    rebuilding: row.rebuilding,
    caughtUpAt: row.caught_up_at?.getTime(),
    rebuild: {
      applied: Number(row.events_applied),
      expected: row.events_expected === null ? undefined : Number(row.events_expected),
      startedAt: row.rebuild_started_at?.getTime(),
      finishedAt: row.rebuild_finished_at?.getTime(),
    },
  };
}
