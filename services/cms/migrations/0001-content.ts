import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';

const statements = [
  sql`create table content_types (
    site text not null check (site ~ '^[a-z0-9.-]{1,253}$'),
    id uuid not null,
    name text not null,
    name_key text not null,
    label text,
    title_field text,
    fields jsonb not null,
    version integer not null,
    created_at timestamptz(3) not null,
    updated_at timestamptz(3) not null,
    primary key (site, id),
    constraint content_types_name unique (site, name_key)
  )`,
  sql`create table entries (
    site text not null,
    id uuid not null,
    type_id uuid not null,
    author text not null,
    visibility text not null check (visibility in ('public', 'members')),
    version integer not null,
    reader_version integer,
    draft jsonb not null,
    published jsonb,
    changed boolean not null,
    field_versions jsonb not null,
    bytes integer not null,
    created_at timestamptz(3) not null,
    updated_at timestamptz(3) not null,
    published_at timestamptz(3),
    reader_updated_at timestamptz(3),
    primary key (site, id),
    constraint entries_type foreign key (site, type_id) references content_types (site, id),
    check ((published is null) = (published_at is null)),
    check ((published is null) = (reader_version is null)),
    check ((published is null) = (reader_updated_at is null))
  )`,
  sql`create index entries_by_type on entries (site, type_id, created_at desc, id desc)`,
  sql`create index entries_by_creation on entries (site, created_at desc, id desc)`,
  sql`create index entries_by_publication on entries (site, type_id, published_at desc, id desc)
    where published is not null`,
  sql`create index entries_by_author on entries (site, author, created_at desc)`,
  sql`create index entries_by_published_value on entries using gin (published jsonb_path_ops)
    where published is not null`,
  sql`create index entries_by_draft_value on entries using gin (draft jsonb_path_ops)`,
  sql`create table entry_uniques (
    site text not null,
    type_id uuid not null,
    field_id text not null,
    digest bytea not null,
    entry_id uuid not null,
    primary key (site, type_id, field_id, digest),
    foreign key (site, entry_id) references entries (site, id) on delete cascade
  )`,
  sql`create index entry_uniques_by_entry on entry_uniques (site, entry_id)`,
  sql`create table feed_events (
    seq bigint not null,
    n integer not null,
    site text not null,
    entry_id uuid not null,
    at timestamptz(3) not null,
    primary key (seq, n)
  )`,
  sql`create index feed_events_by_entry on feed_events (site, entry_id, seq)`,
  sql`create table feed_state (
    is_only boolean primary key default true check (is_only),
    epoch text not null,
    base bigint not null,
    compacted_to bigint not null
  )`,
  sql`insert into feed_state (epoch, base, compacted_to) values (substr(md5(gen_random_uuid()::text), 1, 12), 0, 0)`,
  sql`create table feed_refreshes (
    site text not null,
    type_id uuid not null,
    after_id uuid,
    primary key (site, type_id)
  )`,
];

export const content: Migration = {
  name: '0001-content',
  up: async (database) => {
    for (const statement of statements) await statement.execute(database);
  },
};
