import { type Kysely, sql } from 'kysely';
import type { AuthTables } from '../database.ts';
import type { MailJob } from './mail-job.ts';

export interface WaitingMail {
  readonly id: string;
  readonly job: MailJob;
  /** Counted from 1, with this one. */
  readonly attempt: number;
}

export interface MailQueue {
  /** Takes mails that are due, for `CLAIM_MS`; no other worker gets them meanwhile. */
  claim(limit: number): Promise<readonly WaitingMail[]>;
  done(id: string): Promise<void>;
  /** Puts a mail back, or gives it up after the last attempt or where trying again is useless. */
  failed(
    mail: WaitingMail,
    error: { readonly message: string; readonly permanent: boolean },
  ): Promise<'later' | 'dead'>;
  /** Forgets mails that were given up long ago, and requests that have expired. */
  prune(): Promise<void>;
}

/** Longer than any attempt can take: a worker that has died loses its mails to the others after it, in milliseconds. */
export const CLAIM_MS = 120_000;
export const MAX_ATTEMPTS = 12;
const FIRST_RETRY_MS = 15_000;
const LONGEST_RETRY_MS = 3_600_000;
const DEAD_LETTER_MS = 30 * 86_400_000;
const MAX_ERROR_LENGTH = 300;

/** Milliseconds until the next attempt; doubled each time, with a fifth of chance so that replicas do not march in step. */
export function retryDelay(attempt: number, random: number): number {
  const delay = Math.min(FIRST_RETRY_MS * 2 ** (attempt - 1), LONGEST_RETRY_MS);
  return Math.round(delay * (0.8 + 0.4 * random));
}

export function createMailQueue(options: {
  readonly database: Kysely<AuthTables>;
  now(): number;
  random(): number;
}): MailQueue {
  const { database, now, random } = options;
  return {
    claim: async (limit) => {
      const at = now();
      const { rows } = await sql<{ id: string; job: MailJob; attempts: number }>`
        update mail_outbox set claimed_until = ${new Date(at + CLAIM_MS)}, attempts = attempts + 1
        where id in (
          select id from mail_outbox
          where died_at is null and next_attempt_at <= ${new Date(at)}
            and (claimed_until is null or claimed_until <= ${new Date(at)})
          order by next_attempt_at limit ${limit} for update skip locked
        )
        returning id, job, attempts`.execute(database);
      return rows.map(({ id, job, attempts }) => ({ id, job, attempt: attempts }));
    },
    done: async (id) => {
      await database.deleteFrom('mail_outbox').where('id', '=', id).execute();
    },
    failed: async ({ id, attempt }, { message, permanent }) => {
      const at = now();
      const isOver = permanent || attempt >= MAX_ATTEMPTS;
      await database
        .updateTable('mail_outbox')
        .set({
          claimed_until: null,
          next_attempt_at: new Date(at + retryDelay(attempt, random())),
          died_at: isOver ? new Date(at) : null,
          last_error: message.slice(0, MAX_ERROR_LENGTH),
        })
        .where('id', '=', id)
        .execute();
      return isOver ? 'dead' : 'later';
    },
    prune: async () => {
      const at = now();
      await database
        .deleteFrom('mail_outbox')
        .where('died_at', '<', new Date(at - DEAD_LETTER_MS))
        .execute();
      await database.deleteFrom('registrations').where('expires_at', '<', new Date(at)).execute();
      await database.deleteFrom('invitations').where('expires_at', '<', new Date(at)).execute();
    },
  };
}
