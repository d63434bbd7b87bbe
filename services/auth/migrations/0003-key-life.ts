import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';

/** What the rotation of signing keys needs to know, and the keys that must never sign again. */
export const keyLife: Migration = {
  name: '0003-key-life',
  up: async (db) => {
    // When an operator wants a `next` key to sign; null: when the schedule says.
    await sql`alter table signing_keys add column due_at timestamptz`.execute(db);
    await sql`create unique index signing_keys_one_next on signing_keys (state) where state = 'next'`.execute(db);
    await sql`
      create table compromised_keys (
        kid text primary key,
        compromised_at timestamptz not null
      )`.execute(db);
  },
};
