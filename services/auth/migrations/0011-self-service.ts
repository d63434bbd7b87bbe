import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';

/** Registration, invitations, change of address, and the devices that a user has logged in from. */
export const selfService: Migration = {
  name: '0011-self-service',
  up: async (db) => {
    await sql`
      alter table sites
        add column registration text not null default 'closed' check (registration in ('open', 'invitation', 'closed')),
        add column origin text`.execute(db);
    await sql`
      alter table users
        add column email_verified_at timestamptz,
        add column pending_email text,
        add column pending_email_key text,
        add column reset_version integer not null default 0,
        add column link_version integer not null default 0`.execute(db);
    // Who has registered and not yet shown that the address is theirs. A new request replaces the one before.
    await sql`
      create table registrations (
        id uuid primary key,
        site_id text not null references sites (id) on delete cascade,
        email text not null,
        email_key text not null,
        username text,
        username_key text,
        name text not null,
        password_hash text not null,
        expires_at timestamptz not null,
        unique (site_id, email_key)
      )`.execute(db);
    await sql`create index registrations_expires_at_idx on registrations (expires_at)`.execute(db);
    await sql`
      create table invitations (
        id uuid primary key,
        site_id text not null references sites (id) on delete cascade,
        email text not null,
        email_key text not null,
        roles text[] not null,
        invited_by uuid references users (id) on delete set null,
        created_at timestamptz not null,
        expires_at timestamptz not null,
        unique (site_id, email_key)
      )`.execute(db);
    await sql`create index invitations_expires_at_idx on invitations (expires_at)`.execute(db);
    await sql`create index invitations_invited_by_idx on invitations (invited_by)`.execute(db);
    await sql`
      create table user_devices (
        user_id uuid not null references users (id) on delete cascade,
        device bytea not null,
        first_seen_at timestamptz not null,
        last_seen_at timestamptz not null,
        primary key (user_id, device)
      )`.execute(db);
  },
};
