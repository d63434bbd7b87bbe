import type { Actor } from '@gaia/audit-log/actor';
import { type DeferredAudit, insertPending } from '@gaia/audit-log/deferred';
import type { AuditEvent } from '@gaia/audit-log/event';
import { sql } from 'kysely';
import type { CmsTables, CmsTransaction } from '../database.ts';
import { preparedQuery, type QueryParameters } from '../prepared-queries.ts';
import type { FeedSignal } from './feed-signal.ts';

export type FeedKind = 'entry' | 'class' | 'entitlement';

/** What changed: of an entry its id, of a class or an entitlement its key. */
export interface FeedSubject {
  readonly site: string;
  readonly id: string;
  readonly kind?: FeedKind;
  /** Among several entries of one transaction: 0 for the first, each another one. */
  readonly place?: number;
}

/** Where changes are told, for those who build on them. */
export interface Outbox {
  /**
   * Writes the event into the change's own transaction; gives its position. At most one class in a transaction, entries
   * at places of their own, and entries or an entitlement, not both. An event of the audit log is written by the same statement: content is
   * changed often, and each statement is a wait for the database.
   */
  append(transaction: CmsTransaction, subject: FeedSubject, audited?: Audited): Promise<string>;
  /** Position of the newest event of an entry or an entitlement. */
  last(transaction: CmsTransaction, site: string, subjectId: string): Promise<string>;
  /** To be called when such a transaction is done. */
  committed(): void;
}

export interface Audited {
  readonly by: Actor;
  readonly event: AuditEvent;
}

/** The order within a transaction: a class stands before the entry that got it. */
const places: Readonly<Record<FeedKind, number>> = { class: -1, entry: 0, entitlement: 0 };

interface EventValues {
  readonly n: number;
  readonly site: string;
  readonly kind: FeedKind;
  readonly id: string;
  readonly at: Date;
}

type EventRow = { seq: string | null };

const eventSql = ({ n, site, kind, id, at }: QueryParameters<EventValues>) => sql<EventRow>`
  insert into feed_events (seq, n, site, kind, subject_id, at)
  select base + pg_current_xact_id()::text::bigint, ${n}::integer, ${site}::text, ${kind}::text, ${id}::uuid,
    ${at}::timestamptz
  from feed_state
  returning seq::text as seq`;

const eventNames = ['n', 'site', 'kind', 'id', 'at'] as const;
const insertEvent = preparedQuery<EventValues, EventRow>(eventNames, eventSql);
const insertAuditedEvent = preparedQuery<EventValues & { readonly audit: string }, EventRow>(
  [...eventNames, 'audit'],
  (values) => sql`with audited as (${insertPending(values.audit)}) ${eventSql(values)}`,
);

/**
 * The change feed's outbox. An event's `seq` is the id of its transaction upon the feed's base: transactions get their
 * ids in order, so once none that started earlier is running, nothing can appear below. Several events of one
 * transaction share a `seq` and differ in `n`.
 */
export function createOutbox(
  signal: Pick<FeedSignal, 'changed'>,
  audit: Pick<DeferredAudit<CmsTables>, 'textOf' | 'committed'>,
  now: () => number,
): Outbox {
  return {
    append: async (transaction, { site, id, kind = 'entry', place = places[kind] }, audited) => {
      const values = { n: place, site, kind, id, at: new Date(now()) };
      if (audited === undefined) return seqOf(await insertEvent(transaction, values));
      const text = audit.textOf(audited.by, audited.event);
      return seqOf(await insertAuditedEvent(transaction, { ...values, audit: text }));
    },
    last: async (transaction, site, subjectId) => {
      const { rows } = await sql<{ seq: string }>`
        select max(seq)::text as seq from feed_events
        where site = ${site} and subject_id = ${subjectId}`.execute(transaction);
      return seqOf(rows);
    },
    committed: () => {
      signal.changed();
      audit.committed();
    },
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
