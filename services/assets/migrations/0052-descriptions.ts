import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';

const statements = [
  sql`alter table files
    add column alt jsonb not null default '{}',
    add column caption text not null default '',
    add column credit text not null default '',
    add column tags text[] not null default '{}',
    add column folder text not null default '',
    add column duration_ms integer,
    add column charset text,
    add column search_text text not null default '',
    add column unused_since timestamptz(3)`,
  sql`update files set search_text = lower(file_name), charset = case when media_type like 'text/%' then 'utf-8' end`,
  sql`create index files_by_name on files (site, file_name collate "C", id)`,
  sql`create index files_by_folder on files (site, folder)`,
  sql`create index files_by_digest on files (site, sha256)`,
];

/** What people say of a file, and what its bytes tell of a recording or a text. */
export const descriptionsMigration: Migration = {
  name: '0052-descriptions',
  up: async (database) => {
    for (const statement of statements) await statement.execute(database);
  },
};
