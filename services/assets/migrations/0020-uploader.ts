import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';

/** Finds what one user has uploaded on every site, for an export. */
export const uploaderMigration: Migration = {
  name: '0020-uploader',
  up: async (database) => {
    await sql`create index files_by_uploader on files (uploaded_by, created_at, id)`.execute(database);
  },
};
