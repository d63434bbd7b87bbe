import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';

/** Programs that get tokens of their own. */
export const serviceAccounts: Migration = {
  name: '0004-service-accounts',
  up: async (db) => {
    await sql`
      create table service_accounts (
        id text primary key,
        name text not null,
        site_id text references sites (id) on delete cascade,
        scopes text[] not null,
        secret_digest bytea,
        public_keys jsonb,
        may_exchange boolean not null,
        disabled boolean not null,
        created_at timestamptz not null,
        updated_at timestamptz not null
      )`.execute(db);
  },
};
