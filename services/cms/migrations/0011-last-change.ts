import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';

/** Who changed an entry last, and who acted for them. Of entries from before it is not known: null. */
export const lastChange: Migration = {
  name: '0011-last-change',
  up: async (database) => {
    await sql`alter table entries add column updated_by text, add column updated_via text`.execute(database);
  },
};
