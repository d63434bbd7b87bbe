import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';

const statements = [
  sql`create table webhook_endpoints (
    id text primary key,
    site text not null check (site ~ '^[a-z0-9.-]{1,253}$'),
    name text not null,
    token_in text not null check (token_in in ('authorization', 'header', 'body')),
    token_name text,
    message text not null check (message in ('body', 'token')),
    enabled boolean not null,
    created_at timestamptz(3) not null,
    updated_at timestamptz(3) not null,
    check ((token_in = 'authorization') = (token_name is null)),
    check (token_in <> 'body' or message = 'token')
  )`,
  sql`create index webhook_endpoints_by_site on webhook_endpoints (site, id)`,
  sql`create table webhook_secrets (
    id uuid primary key,
    endpoint_id text not null references webhook_endpoints (id) on delete cascade,
    sealed bytea not null,
    kek_version text not null,
    created_at timestamptz(3) not null,
    expires_at timestamptz(3)
  )`,
  sql`create index webhook_secrets_by_endpoint on webhook_secrets (endpoint_id)`,
  sql`create table webhook_consumed (
    endpoint_id text not null references webhook_endpoints (id) on delete cascade,
    jti text not null,
    message_digest bytea not null,
    expires_at timestamptz(3) not null,
    primary key (endpoint_id, jti)
  )`,
  sql`create index webhook_consumed_by_expiry on webhook_consumed (expires_at)`,
  sql`create table webhook_deliveries (
    endpoint_id text not null references webhook_endpoints (id) on delete cascade,
    id uuid not null,
    at timestamptz(3) not null,
    outcome text not null check (outcome in ('applied', 'duplicate', 'ignored', 'refused')),
    reason text,
    event text,
    jti text,
    bytes integer not null,
    primary key (endpoint_id, id)
  )`,
];

export const webhooks: Migration = {
  name: '0003-webhooks',
  up: async (database) => {
    for (const statement of statements) await statement.execute(database);
  },
};
