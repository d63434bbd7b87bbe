import { sql } from 'kysely';
import type { CmsTransaction } from '../database.ts';
import type { ChangeOutbox } from '../entries/entries.ts';
import type { FeedSignal } from './feed-signal.ts';

/**
 * The change feed's outbox. An event's `seq` is the id of its transaction upon the feed's base: transactions get their
 * ids in order, so once none that started earlier is running, nothing can appear below. Several events of one
 * transaction share a `seq` and differ in `n`.
 */
export function createOutbox(signal: Pick<FeedSignal, 'changed'>, now: () => number): ChangeOutbox {
  return {
    append: async (transaction, site, entryId) => {
      const { rows } = await sql<{ seq: string }>`
        insert into feed_events (seq, n, site, entry_id, at)
        select base + pg_current_xact_id()::text::bigint, 0, ${site}, ${entryId}::uuid, ${new Date(now())}::timestamptz
        from feed_state
        returning seq::text as seq`.execute(transaction);
      return seqOf(rows);
    },
    last: async (transaction, site, entryId) => {
      const { rows } = await sql<{ seq: string }>`
        select max(seq)::text as seq from feed_events
        where site = ${site} and entry_id = ${entryId}`.execute(transaction);
      return seqOf(rows);
    },
    committed: () => signal.changed(),
  };
}

function seqOf(rows: readonly { readonly seq: string | null }[]): string {
  const seq = rows[0]?.seq;
  if (typeof seq !== 'string') throw new Error('the feed has lost its state');
  return seq;
}

/**
 * Sees to it that new events stand above all that are there. After a restore into another cluster transaction ids
 * start lower than they were: then the base is raised, and the feed takes a new epoch, by which consumers notice
 * that what they hold may not be what is here. To be run before the first write of a process.
 */
export async function correctPosition(transaction: CmsTransaction): Promise<'kept' | 'raised'> {
  await sql`select from feed_state for update`.execute(transaction);
  const raised = await sql`
    update feed_state
    set base = newest.seq - pg_current_xact_id()::text::bigint + 1,
      epoch = substr(md5(gen_random_uuid()::text), 1, 12)
    from (select max(seq) as seq from feed_events) newest
    where newest.seq >= base + pg_current_xact_id()::text::bigint`.execute(transaction);
  return (raised.numAffectedRows ?? 0n) > 0n ? 'raised' : 'kept';
}
