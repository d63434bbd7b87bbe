import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';

/** What a download link refers to: the file, and who made it with which rights. The link itself says nothing of it. */
export const downloadLinksMigration: Migration = {
  name: '0030-download-links',
  up: async (database) => {
    await sql`
      create table download_links (
        id text primary key,
        file text not null,
        site text not null,
        maker jsonb not null,
        expires_at timestamptz not null
      )`.execute(database);
    await sql`create index download_links_expires_at on download_links (expires_at)`.execute(database);
  },
};
