import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';

const statements = [
  sql`alter table files add column bytes_key uuid`,
  sql`update files set bytes_key = id`,
  sql`alter table files alter column bytes_key set not null`,
  sql`alter table files add column store text not null default 'disk' check (store in ('disk', 's3'))`,
  sql`alter table files alter column store drop default`,
  sql`create unique index files_by_bytes on files (bytes_key)`,
  sql`alter table unclaimed_bytes add column store text not null default 'disk' check (store in ('disk', 's3'))`,
  sql`alter table unclaimed_bytes alter column store drop default`,
  sql`alter table unclaimed_bytes drop constraint unclaimed_bytes_pkey`,
  sql`alter table unclaimed_bytes add primary key (key, store)`,
];

/** Where the bytes of a file are: they can be replaced and moved while the file keeps its id. */
export const storesMigration: Migration = {
  name: '0050-stores',
  up: async (database) => {
    for (const statement of statements) await statement.execute(database);
  },
};
