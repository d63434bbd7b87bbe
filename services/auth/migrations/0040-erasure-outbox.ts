import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';

/** Users whose deletion the other services have still to be told of: a row for each service, which is never given up. */
export const erasureOutbox: Migration = {
  name: '0040-erasure-outbox',
  up: async (db) => {
    await sql`
      create table erasure_outbox (
        id uuid primary key,
        job jsonb not null,
        attempts integer not null default 0,
        created_at timestamptz not null,
        next_attempt_at timestamptz not null,
        claimed_until timestamptz,
        died_at timestamptz,
        last_error text
      )`.execute(db);
    await sql`create index erasure_outbox_due_idx on erasure_outbox (next_attempt_at)`.execute(db);
  },
};
