import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';

const statements = [
  sql`create table uploads (
    id uuid primary key,
    site text not null,
    subject text not null,
    file_name text not null,
    declared_type text,
    visibility text not null,
    products text[] not null,
    sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
    metadata text,
    length bigint not null check (length >= 0),
    received jsonb not null,
    store text not null check (store in ('disk', 's3')),
    created_at timestamptz(3) not null,
    expires_at timestamptz(3) not null,
    finished_at timestamptz(3)
  )`,
  sql`create index uploads_by_subject on uploads (subject, site) where finished_at is null`,
  sql`create index uploads_by_end on uploads (expires_at)`,
];

/** Uploads of several requests: what has come of each, and whose it is. */
export const uploadsMigration: Migration = {
  name: '0051-uploads',
  up: async (database) => {
    for (const statement of statements) await statement.execute(database);
  },
};
