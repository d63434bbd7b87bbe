import { sql } from 'kysely';
import type { CmsDatabase } from '../database.ts';
import { keepReferencesOfType } from '../references/entry-references.ts';
import { inTransaction } from '../transactions.ts';
import { findTypesById } from '../types/type-store.ts';

/** Events or entries in one transaction; short transactions do not hold back the feed. */
const BATCH = 500;
/** Bytes of entries in one transaction: they share a `seq`, and a page of the feed never splits a `seq`. */
const REFRESH_BYTES = 1024 * 1024;

/**
 * Deletes events that newer events of the same entry (class, entitlement) supersede, up to the position that consumers can read. The
 * newest event of every entry stays, also of a deleted one, so that a replay is complete. Returns the number of events it
 * examined: 0 at the end.
 */
export async function compactFeed(database: CmsDatabase): Promise<number> {
  return inTransaction(database, async (transaction) => {
    const state = await sql<{ compacted_to: string; below: string }>`
      select compacted_to::text, (base + pg_snapshot_xmin(pg_current_snapshot())::text::bigint)::text as below
      from feed_state for update skip locked`.execute(transaction);
    const [from] = state.rows;
    if (from === undefined) return 0;
    const { rows } = await sql<{ looked: number; last: string | null }>`
      with batch as materialized (
        select seq, site, subject_id from feed_events
        where seq > ${from.compacted_to}::bigint and seq < ${from.below}::bigint
        order by seq fetch first (${BATCH}::bigint) rows with ties
      ),
      superseded as (
        delete from feed_events old using (select site, subject_id, max(seq) as seq from batch group by 1, 2) newer
        where old.site = newer.site and old.subject_id = newer.subject_id and old.seq < newer.seq
      )
      select count(*)::int as looked, max(seq)::text as last from batch`.execute(transaction);
    const [done] = rows;
    if (done === undefined || done.last === null) return 0;
    await sql`update feed_state set compacted_to = ${done.last}::bigint`.execute(transaction);
    return done.looked;
  });
}

/**
 * Sends a batch of the entries of changed types again, because their events contain names of the type and its fields, and updates
 * their references. Returns false when there is nothing to do.
 */
export async function refreshFeed(database: CmsDatabase, now: () => number): Promise<boolean> {
  return inTransaction(database, async (transaction) => {
    const task = await transaction
      .selectFrom('feed_refreshes')
      .selectAll()
      .limit(1)
      .forUpdate()
      .skipLocked()
      .executeTakeFirst();
    if (task === undefined) return false;
    const ofType = sql`site = ${task.site} and type_id = ${task.type_id}`;
    const { rows } = await sql<{ id: string }>`
      with following as (
        select id, bytes, row_number() over (order by id) as n from entries
        where ${ofType} and (${task.after_id}::uuid is null or id > ${task.after_id}::uuid)
        order by id limit ${BATCH}
      ),
      batch as materialized (
        select id, n from (select id, n, sum(bytes) over (order by n) - bytes as before from following) s
        where before < ${REFRESH_BYTES}
      ),
      sent as (
        insert into feed_events (seq, n, site, kind, subject_id, at)
        select base + pg_current_xact_id()::text::bigint, batch.n, ${task.site}, 'entry', batch.id,
          ${new Date(now())}::timestamptz
        from batch, feed_state
      )
      select id from batch order by n`.execute(transaction);
    const last = rows.at(-1)?.id;
    const refreshes = { site: task.site, type: task.type_id };
    const [type] = await findTypesById(transaction, [{ site: task.site, id: task.type_id }]);
    if (last === undefined || type === undefined) {
      await sql`delete from feed_refreshes where site = ${refreshes.site} and type_id = ${refreshes.type}`.execute(
        transaction,
      );
    } else {
      await keepReferencesOfType(
        transaction,
        type,
        rows.map((row) => row.id),
      );
      await sql`update feed_refreshes set after_id = ${last}::uuid
        where site = ${refreshes.site} and type_id = ${refreshes.type}`.execute(transaction);
    }
    return true;
  });
}

export interface FeedMaintenanceOptions {
  readonly database: CmsDatabase;
  readonly now: () => number;
  /** Called after new events. */
  readonly onSent: () => void;
  readonly onError: (error: unknown) => void;
  readonly intervalMs?: number;
}

export interface FeedMaintenance {
  trigger(): void;
  /** Resolves when the current run has ended. */
  close(): Promise<void>;
}

/** Compacts and refreshes the feed in the background, in every replica. */
export function startFeedMaintenance({
  database,
  now,
  onSent,
  onError,
  intervalMs = 30_000,
}: FeedMaintenanceOptions): FeedMaintenance {
  let closed = false;
  let again = false;
  let running: Promise<void> | undefined;

  async function work(): Promise<void> {
    do {
      again = false;
      while (!closed && (await refreshFeed(database, now))) onSent();
      while (!closed && (await compactFeed(database)) > 0);
    } while (again && !closed);
  }

  function run(): void {
    if (closed) return;
    again = true;
    running ??= work()
      .catch(onError)
      .finally(() => {
        running = undefined;
      });
  }

  const timer = setInterval(run, intervalMs);
  timer.unref();
  run();
  return {
    trigger: run,
    close: async () => {
      closed = true;
      clearInterval(timer);
      await running;
    },
  };
}
