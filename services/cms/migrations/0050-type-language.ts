import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';

/** The language of a type's texts, for search; null where none is named. */
export const typeLanguage: Migration = {
  name: '0050-type-language',
  up: async (database) => {
    await sql`alter table content_types add column language text`.execute(database);
  },
};
