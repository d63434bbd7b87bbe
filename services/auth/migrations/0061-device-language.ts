import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';

/** The language in which a device asks for responses: that of notices about the account. */
export const deviceLanguage: Migration = {
  name: '0061-device-language',
  up: async (db) => {
    await sql`alter table user_devices add column language text`.execute(db);
  },
};
