import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';

const statements = [
  sql`create table files (
    id uuid primary key,
    site text not null check (site ~ '^[a-z0-9.-]{1,253}$'),
    file_name text not null,
    media_type text not null,
    size bigint not null check (size >= 0),
    sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    visibility text not null check (visibility in ('public', 'members')),
    uploaded_by text not null,
    created_at timestamptz(3) not null
  )`,
  sql`create index files_by_site on files (site, created_at desc, id desc)`,
  sql`create table unclaimed_bytes (
    key uuid primary key,
    since timestamptz(3) not null
  )`,
];

export const filesMigration: Migration = {
  name: '0001-files',
  up: async (database) => {
    for (const statement of statements) await statement.execute(database);
  },
};
