import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';

const statements = [
  sql`create table access_classes (
    site text not null,
    id integer not null check (id >= 16),
    key uuid not null unique,
    kind text not null check (kind in ('roles', 'products')),
    names text[] not null check (cardinality(names) > 0),
    primary key (site, id),
    unique (site, kind, names)
  )`,
  sql`alter table entries
    drop constraint entries_visibility_check,
    add constraint entries_visibility_check check (visibility in ('public', 'members', 'roles', 'author', 'products')),
    add column access_class integer,
    add column access_names text[] not null default '{}'`,
  sql`update entries set access_class = case visibility when 'public' then 1 else 2 end`,
  sql`alter table entries alter column access_class set not null`,
  sql`create index entries_by_access_class on entries (site, access_class) where access_class >= 16`,
  // Who has drafts of his own among what he may read gets them last; the order must not cost more for that.
  sql`create index entries_by_publication_drafts_last on entries
    (site, type_id, published_at desc nulls last, id desc)`,
  sql`create table products (
    site text not null check (site ~ '^[a-z0-9.-]{1,253}$'),
    id text not null,
    name text not null,
    created_at timestamptz(3) not null,
    updated_at timestamptz(3) not null,
    primary key (site, id)
  )`,
  sql`create table entitlements (
    site text not null,
    subject text not null,
    product text not null,
    key uuid not null unique,
    held boolean not null,
    changed_at timestamptz(3) not null,
    primary key (site, subject, product),
    constraint entitlements_product foreign key (site, product) references products (site, id)
  )`,
  sql`create index entitlements_by_product on entitlements (site, product, subject)`,
  sql`create table entitlement_sources (
    site text not null,
    subject text not null,
    product text not null,
    source text not null,
    granted boolean not null,
    at bigint not null,
    primary key (site, subject, product, source),
    foreign key (site, subject, product) references entitlements (site, subject, product) on delete cascade
  )`,
  sql`create table entry_refs (
    site text not null,
    entry_id uuid not null,
    published boolean not null,
    field_id text not null,
    target_id uuid not null,
    primary key (site, entry_id, published, field_id, target_id),
    foreign key (site, entry_id) references entries (site, id) on delete cascade
  )`,
  sql`create index entry_refs_by_target on entry_refs (site, target_id)`,
  sql`alter table feed_events add column kind text not null default 'entry'
    check (kind in ('entry', 'class', 'entitlement'))`,
  sql`alter table feed_events alter column kind drop default`,
  sql`alter table feed_events rename column entry_id to subject_id`,
  sql`insert into feed_refreshes (site, type_id) select site, id from content_types on conflict do nothing`,
];

export const access: Migration = {
  name: '0002-access',
  up: async (database) => {
    for (const statement of statements) await statement.execute(database);
  },
};
