import { createAuditTables } from '@gaia/audit-log/tables';
import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';

/**
 * Long texts in passages, values to filter by, a dictionary of words, languages and synonyms of sites. Documents of before are of
 * the shape 1 and found as they were until they are written anew, which begins at once.
 */
export const wholeTextsMigration: Migration = {
  name: '0010-whole-texts',
  up: async (database) => {
    await sql`
      alter table documents
        add column shape smallint not null default 1,
        add column long boolean not null default false,
        add column fields jsonb not null default '{}'`.execute(database);
    await sql`alter table documents alter column shape drop default`.execute(database);
    await sql`create index documents_updated on documents (site, updated_at desc, entry)`.execute(database);
    await sql`create index documents_published on documents (site, published_at desc, entry)`.execute(database);
    await sql`
      create table passages (
        site text not null,
        entry text not null,
        edition text not null,
        n integer not null,
        text text not null,
        search tsvector not null,
        primary key (site, entry, edition, n),
        foreign key (site, entry, edition) references documents on delete cascade
      )`.execute(database);
    await sql`
      create table words (
        site text not null,
        word text not null,
        keys integer[] not null,
        generation integer not null,
        primary key (site, word)
      )`.execute(database);
    // A list of pending keys would be read by every question.
    await sql`create index words_keys on words using gin (keys) with (fastupdate = off)`.execute(database);
    await sql`
      create table languages (
        site text not null,
        language text not null,
        generation integer not null,
        primary key (site, language)
      )`.execute(database);
    await sql`
      create table types (
        site text not null,
        type text not null,
        fields jsonb not null,
        generation integer not null,
        primary key (site, type)
      )`.execute(database);
    await sql`
      create table synonyms (
        site text primary key,
        groups jsonb not null,
        updated_at timestamptz not null
      )`.execute(database);
    await createAuditTables(database);
    await sql`
      update progress set
        feed_cursor = '', applied_seq = 0, head_seq = 0, generation = generation + 1, rebuilding = true,
        events_applied = 0, events_expected = (select count(distinct (site, entry)) from documents),
        rebuild_started_at = now(), rebuild_finished_at = null
      where feed_cursor <> ''`.execute(database);
  },
};
