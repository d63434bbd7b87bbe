import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';

const statements = [
  sql`alter table files
    add column width integer,
    add column height integer,
    add column frames integer,
    add column has_alpha boolean,
    add column placeholder text,
    add column dominant_color text,
    add column image_described boolean not null default false,
    add column image_error text,
    add column focal_x real,
    add column focal_y real,
    add column bytes_changed_at timestamptz(3),
    add constraint files_focal_check
      check ((focal_x is null) = (focal_y is null) and focal_x between 0 and 1 and focal_y between 0 and 1)`,
  sql`create index files_undescribed on files (created_at) where not image_described and media_type like 'image/%'`,
  sql`create table file_variants (
    file uuid not null references files (id),
    digest text not null,
    format text not null,
    key text not null,
    bytes_key uuid not null unique,
    store text not null,
    width integer not null,
    height integer not null,
    size bigint not null,
    sha256 text not null,
    created_at timestamptz(3) not null,
    used_at timestamptz(3) not null,
    primary key (file, digest, format)
  )`,
  sql`create index file_variants_used_at on file_variants (used_at)`,
  // Unlogged: after a crash of the database no replica is making a variant any more.
  sql`create unlogged table variant_claims (
    name text primary key,
    claimed_until timestamptz(3) not null
  )`,
  sql`create table image_settings (
    site text primary key,
    settings jsonb not null,
    version integer not null
  )`,
  sql`alter table download_links add column viewer text`,
  sql`create index download_links_viewer on download_links (file, viewer, expires_at)`,
];

/** What is known of images, the variants made of them, and what a site asks of both. */
export const imagesMigration: Migration = {
  name: '0040-images',
  up: async (database) => {
    for (const statement of statements) await statement.execute(database);
  },
};
