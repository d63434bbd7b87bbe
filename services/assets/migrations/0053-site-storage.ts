import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';

const statements = [
  sql`create table site_quotas (site text primary key, bytes bigint not null check (bytes >= 0))`,
  sql`create index files_sizes on files (site) include (size)`,
];

/** How many bytes the files of a site may have. */
export const siteStorageMigration: Migration = {
  name: '0053-site-storage',
  up: async (database) => {
    for (const statement of statements) await statement.execute(database);
  },
};
