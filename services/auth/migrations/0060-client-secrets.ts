import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';

/** Secrets of service accounts get rows of their own, and every credential the session id that its tokens carry. */
export const clientSecrets: Migration = {
  name: '0060-client-secrets',
  up: async (db) => {
    await sql`
      create table client_secrets (
        id text primary key,
        client_id text not null references service_accounts (id) on delete cascade,
        digest bytea not null,
        session_id text not null unique,
        created_at timestamptz not null,
        expires_at timestamptz,
        last_used_at timestamptz
      )`.execute(db);
    await sql`create index client_secrets_client_id on client_secrets (client_id)`.execute(db);
    await sql`
      insert into client_secrets (id, client_id, digest, session_id, created_at)
        select gen_random_uuid()::text, id, secret_digest, gen_random_uuid()::text, created_at
        from service_accounts where secret_digest is not null`.execute(db);
    await sql`
      alter table service_accounts
        drop column secret_digest,
        add column session_id text not null default gen_random_uuid()::text unique`.execute(db);
    await sql`alter table service_accounts alter column session_id drop default`.execute(db);
  },
};
