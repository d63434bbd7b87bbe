import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';

/** The index and how far it goes. Needs no extension and no text search configuration: words are made by the service. */
export const documentsMigration: Migration = {
  name: '0001-documents',
  up: async (database) => {
    await sql`
      create table documents (
        site text not null,
        entry text not null,
        edition text not null check (edition in ('whole', 'published', 'working')),
        type text not null,
        author text not null,
        visibility text not null,
        status text not null,
        title text not null,
        text text not null,
        updated_at timestamptz not null,
        published_at timestamptz,
        generation integer not null,
        search tsvector not null,
        primary key (site, entry, edition)
      )`.execute(database);
    await sql`create index documents_search on documents using gin (search)`.execute(database);
    await sql`
      create table progress (
        id integer primary key default 1 check (id = 1),
        feed_cursor text not null default '',
        applied_seq bigint not null default 0,
        head_seq bigint not null default 0,
        generation integer not null default 1,
        rebuilding boolean not null default false,
        caught_up_at timestamptz
      )`.execute(database);
    await sql`insert into progress default values`.execute(database);
  },
};
