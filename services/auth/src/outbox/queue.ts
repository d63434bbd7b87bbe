import { type Kysely, sql } from 'kysely';
import type { AuthTables } from '../database.ts';

/** A table of jobs that were written in the transaction of the change that they follow from. */
export type OutboxName = 'mail_outbox' | 'erasure_outbox';

export interface WaitingJob<Job> {
  readonly id: string;
  readonly job: Job;
  /** Counted from 1, with this one. */
  readonly attempt: number;
}

export interface OutboxQueue<Job> {
  /** Takes jobs that are due, for `CLAIM_MS`; no other worker gets them meanwhile. */
  claim(limit: number): Promise<readonly WaitingJob<Job>[]>;
  done(id: string): Promise<void>;
  /** Puts a job back, or gives it up after the last attempt or where trying again is useless. */
  failed(
    waiting: WaitingJob<Job>,
    error: { readonly message: string; readonly permanent: boolean },
  ): Promise<'later' | 'dead'>;
}

export interface OutboxQueueOptions {
  readonly database: Kysely<AuthTables>;
  readonly table: OutboxName;
  /** Infinity: a job is never given up. */
  readonly maxAttempts: number;
  readonly longestRetryMs: number;
  now(): number;
  random(): number;
}

/** Longer than any attempt can take: a worker that has died loses its jobs to the others after it, in milliseconds. */
export const CLAIM_MS = 120_000;
const FIRST_RETRY_MS = 15_000;
const MAX_ERROR_LENGTH = 300;

/** Milliseconds until the next attempt; doubled each time, with a fifth of chance so that replicas do not retry in step. */
export function retryDelay(attempt: number, random: number, longestMs: number): number {
  const delay = Math.min(FIRST_RETRY_MS * 2 ** (attempt - 1), longestMs);
  return Math.round(delay * (0.8 + 0.4 * random));
}

export function createOutboxQueue<Job>(options: OutboxQueueOptions): OutboxQueue<Job> {
  const { database, maxAttempts, longestRetryMs, now, random } = options;
  const table = sql.table(options.table);
  return {
    claim: async (limit) => {
      const at = now();
      const { rows } = await sql<{ id: string; job: Job; attempts: number }>`
        update ${table} set claimed_until = ${new Date(at + CLAIM_MS)}, attempts = attempts + 1
        where id in (
          select id from ${table}
          where died_at is null and next_attempt_at <= ${new Date(at)}
            and (claimed_until is null or claimed_until <= ${new Date(at)})
          order by next_attempt_at limit ${limit} for update skip locked
        )
        returning id, job, attempts`.execute(database);
      return rows.map(({ id, job, attempts }) => ({ id, job, attempt: attempts }));
    },
    done: async (id) => {
      await sql`delete from ${table} where id = ${id}`.execute(database);
    },
    failed: async ({ id, attempt }, { message, permanent }) => {
      const at = now();
      const isOver = permanent || attempt >= maxAttempts;
      await sql`
        update ${table} set claimed_until = null,
          next_attempt_at = ${new Date(at + retryDelay(attempt, random(), longestRetryMs))},
          died_at = ${isOver ? new Date(at) : null},
          last_error = ${message.slice(0, MAX_ERROR_LENGTH)}
        where id = ${id}`.execute(database);
      return isOver ? 'dead' : 'later';
    },
  };
}
