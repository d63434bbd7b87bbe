import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';

/** Roles that a site makes of permissions; memberships name them beside the built-in ones. */
export const customRoles: Migration = {
  name: '0005-custom-roles',
  up: async (db) => {
    await sql`
      create table roles (
        site_id text not null references sites (id) on delete cascade,
        name text not null,
        description text not null,
        permissions text[] not null,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        primary key (site_id, name)
      )`.execute(db);
    await sql`create index memberships_roles_idx on memberships using gin (roles)`.execute(db);
  },
};
