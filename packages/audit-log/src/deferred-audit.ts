import { startPeriodicJob } from '@gaia/http-service/periodic-job';
import { type Expression, type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import type { Actor } from './actor.ts';
import { type AuditEvent, auditEventText } from './audit-event.ts';

/**
 * The audit log of a service whose changes must not wait for each other: an event is committed with its change at once,
 * and chained by a job behind it, many at a time. Until then it is as safe from a crash as the change is, and it is
 * chained by whichever process comes first.
 */
export interface DeferredAudit<DB> {
  /** Writes an event in the transaction of the change that it tells of: both happen or neither. */
  append(transaction: Transaction<DB>, by: Actor, event: AuditEvent): Promise<void>;
  /** The text of an event for `insertPending`, where a statement of the change can write it too. */
  textOf(by: Actor, event: AuditEvent): string;
  /** To be called when such a transaction is done. */
  committed(): void;
  /** Chains everything that was committed before; for those who read the log. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

export interface DeferredAuditOptions<DB> {
  readonly database: Kysely<DB>;
  readonly log: { error(details: object, message: string): void };
  now(): number;
}

/** Events chained in one transaction: it holds the head of the chain, for which other processes wait. */
const BATCH = 500;
/** One run ends after so many: what is committed meanwhile is the next one's. */
const MAX_BATCHES = 100;
/** From a commit to its chaining: what else is committed meanwhile is chained with it. */
const DELAY_MS = 100;
/** For what a process has left behind that was killed. */
const EVERY_MS = 5_000;

export function createDeferredAudit<DB>({ database, log, now }: DeferredAuditOptions<DB>): DeferredAudit<DB> {
  async function settle(): Promise<void> {
    const { rows } = await sql`select from audit_pending limit 1`.execute(database);
    if (rows.length === 0) return;
    for (let batch = 0; batch < MAX_BATCHES; batch += 1) if ((await chainBatch(database)) < BATCH) return;
  }

  const job = startPeriodicJob({ name: 'audit chain', everyMs: EVERY_MS, work: settle, log });
  const textOf = (by: Actor, event: AuditEvent) => auditEventText(event, by, now());
  let delay: NodeJS.Timeout | undefined;
  const committed = () => {
    delay ??= setTimeout(() => {
      delay = undefined;
      job.trigger();
    }, DELAY_MS).unref();
  };

  return {
    append: async (transaction, by, event) => {
      await insertPending(sql.val(textOf(by, event))).execute(transaction);
    },
    textOf,
    committed,
    settle,
    stop: async () => {
      clearTimeout(delay);
      await job.stop();
    },
  };
}

/** The statement that commits an event; complete, or for a `with`. */
export function insertPending(text: Expression<string>): RawBuilder<unknown> {
  return sql`insert into audit_pending (entry) values (${text})`;
}

async function chainBatch<DB>(database: Kysely<DB>): Promise<number> {
  const { rows } = await sql<{ chained: number }>`
    select audit_chain_pending(${BATCH}::integer) as chained`.execute(database);
  return rows[0]?.chained ?? 0;
}
