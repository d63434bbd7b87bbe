import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';

/** Where the pages stand that may call a site's API from a browser. */
export const siteOrigins: Migration = {
  name: '0012-site-origins',
  up: async (db) => {
    await sql`
      alter table sites
        add column origins text[] not null default '{}' check (cardinality(origins) <= 20)`.execute(db);
  },
};
