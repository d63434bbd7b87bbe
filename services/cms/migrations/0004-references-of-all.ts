import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';

/** Entries from before `entry_refs` get their rows there as those of a changed type do: in the background. */
export const referencesOfAll: Migration = {
  name: '0004-references-of-all',
  up: async (database) => {
    await sql`
      insert into feed_refreshes (site, type_id) select site, id from content_types on conflict do nothing
    `.execute(database);
  },
};
