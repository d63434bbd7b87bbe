import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';

/** Mails that wait to be sent. A row says what a mail is about and never holds a link's token: that is made when it is sent. */
export const mailOutbox: Migration = {
  name: '0010-mail-outbox',
  up: async (db) => {
    await sql`
      create table mail_outbox (
        id uuid primary key,
        job jsonb not null,
        attempts integer not null default 0,
        created_at timestamptz not null,
        next_attempt_at timestamptz not null,
        claimed_until timestamptz,
        died_at timestamptz,
        last_error text
      )`.execute(db);
    await sql`create index mail_outbox_due_idx on mail_outbox (next_attempt_at) where died_at is null`.execute(db);
    await sql`create index mail_outbox_dead_idx on mail_outbox (died_at) where died_at is not null`.execute(db);
  },
};
