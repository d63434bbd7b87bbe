import type { Migration } from '@gaia/database/migrate';
import { createFeedTables } from '@gaia/feed-follower/tables';
import { sql } from 'kysely';

/** Access goes by class from here on. Documents of before keep what they say until the index is built anew, which it is at once. */
export const accessClassesMigration: Migration = {
  name: '0002-access-classes',
  up: async (database) => {
    await createFeedTables(database);
    await sql`alter table documents add column access_class integer not null default 0`.execute(database);
    await sql`
      update documents set access_class = case visibility when 'public' then 1 when 'members' then 2 else 0 end
      `.execute(database);
    await sql`alter table documents alter column access_class drop default`.execute(database);
    // Ranking reads the words of every candidate, in place and at once; the text is read for highlights alone.
    await sql`
      alter table documents alter column search set storage main, alter column text set storage external
      `.execute(database);
  },
};
