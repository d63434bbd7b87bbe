import { randomUUIDv7 } from 'node:crypto';
import type { Language } from '@gaia/i18n/language';
import { type Kysely, sql } from 'kysely';
import type { AuthTables } from '../database.ts';
import type { MailJob, QueuedMailJob } from './mail-job.ts';

/** Mails that wait. Beyond it, new ones are dropped: a flood of requests must not fill the disk. */
export const MAX_WAITING_MAILS = 10_000;

export interface Outbox {
  /**
   * Puts mails into the queue, in the transaction of the change that they tell of: both happen or neither.
   * They are sent later, in the language of what caused them; nothing that a mail server does reaches the caller.
   */
  add(
    database: Kysely<AuthTables>,
    cause: { readonly language?: Language | undefined },
    ...jobs: readonly MailJob[]
  ): Promise<void>;
  /** Sends what waits now instead of soon; to be called after the commit. */
  wake(): void;
}

export interface OutboxOptions {
  wake(): void;
  now(): number;
}

export function createOutbox({ wake, now }: OutboxOptions): Outbox {
  return {
    wake,
    add: async (database, { language }, ...jobs) => {
      const at = now();
      const ids = jobs.map(() => randomUUIDv7());
      const texts = jobs.map((job) => JSON.stringify({ ...job, language } satisfies QueuedMailJob));
      await sql`
        insert into mail_outbox (id, job, created_at, next_attempt_at)
        select id, job::jsonb, ${new Date(at)}::timestamptz, ${new Date(at)}::timestamptz
        from unnest(${ids}::uuid[], ${texts}::text[]) as mails (id, job)
        where (select count(*) from (select 1 from mail_outbox where died_at is null limit ${MAX_WAITING_MAILS}) as waiting)
          < ${MAX_WAITING_MAILS}`.execute(database);
    },
  };
}
