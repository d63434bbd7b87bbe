import type { Migration } from '@gaia/database/migrate';
import { createFeedTables } from '@gaia/feed-follower/tables';
import { sql } from 'kysely';

const statements = [
  sql`alter table files drop constraint files_visibility_check`,
  sql`alter table files add constraint files_visibility_check check (visibility in ('public', 'members', 'private'))`,
  sql`create table file_references (
    site text not null,
    entry text not null,
    edition text not null check (edition in ('published', 'working')),
    file uuid not null,
    restricted boolean not null,
    readable_by text[] not null,
    author text not null,
    access_class integer not null,
    type text not null,
    title text not null,
    generation integer not null,
    primary key (site, entry, edition, file, restricted, readable_by)
  )`,
  sql`create index file_references_by_file on file_references (site, file)`,
];

/** Which entries mention which file: what opens and closes files. */
export const referencesMigration: Migration = {
  name: '0002-references',
  up: async (database) => {
    await createFeedTables(database);
    for (const statement of statements) await statement.execute(database);
  },
};
