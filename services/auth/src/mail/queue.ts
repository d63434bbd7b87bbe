import type { Kysely } from 'kysely';
import type { AuthTables } from '../database.ts';
import { createOutboxQueue, type OutboxQueue } from '../outbox/queue.ts';
import type { QueuedMailJob } from './mail-job.ts';

export interface MailQueue extends OutboxQueue<QueuedMailJob> {
  /** Forgets mails that were given up long ago, and requests that have expired. */
  prune(): Promise<void>;
}

export const MAX_ATTEMPTS = 12;
export const LONGEST_RETRY_MS = 3_600_000;
const DEAD_LETTER_MS = 30 * 86_400_000;

export function createMailQueue(options: {
  readonly database: Kysely<AuthTables>;
  now(): number;
  random(): number;
}): MailQueue {
  const { database, now } = options;
  return {
    ...createOutboxQueue<QueuedMailJob>({
      ...options,
      table: 'mail_outbox',
      maxAttempts: MAX_ATTEMPTS,
      longestRetryMs: LONGEST_RETRY_MS,
    }),
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
