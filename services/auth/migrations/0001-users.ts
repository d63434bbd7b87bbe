import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';

/** Users, sites, who belongs where, and the signing keys. */
export const users: Migration = {
  name: '0001-users',
  up: async (db) => {
    await sql`
      create table users (
        id uuid primary key,
        email text not null,
        email_key text not null unique,
        username text,
        username_key text unique,
        name text not null,
        password_hash text,
        credential_version integer not null default 1,
        administrator boolean not null default false,
        disabled boolean not null default false,
        created_at timestamptz not null,
        updated_at timestamptz not null
      )`.execute(db);
    await sql`
      create table sites (
        id text primary key,
        name text not null,
        created_at timestamptz not null,
        updated_at timestamptz not null
      )`.execute(db);
    await sql`
      create table site_hosts (
        host text primary key,
        site_id text not null references sites (id) on delete cascade
      )`.execute(db);
    await sql`create index site_hosts_site_id_idx on site_hosts (site_id)`.execute(db);
    await sql`
      create table memberships (
        user_id uuid not null references users (id) on delete cascade,
        site_id text not null references sites (id) on delete cascade,
        roles text[] not null,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        primary key (user_id, site_id)
      )`.execute(db);
    await sql`create index memberships_site_id_idx on memberships (site_id, user_id)`.execute(db);
    await sql`
      create table signing_keys (
        kid text primary key,
        state text not null check (state in ('next', 'active', 'retiring')),
        public_jwk jsonb not null,
        sealed_private_key bytea not null,
        kek_version text not null,
        created_at timestamptz not null,
        state_since timestamptz not null
      )`.execute(db);
    // Whatever a faulty rotation does, two keys never sign.
    await sql`create unique index signing_keys_one_active on signing_keys (state) where state = 'active'`.execute(db);
  },
};
