import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';

/**
 * An account belongs to who proves its address. Every request has a pending row of its own, none of which holds a
 * password: passwords of requests that wait already are forgotten, and chosen by who follows their links.
 */
export const addressProof: Migration = {
  name: '0020-address-proof',
  up: async (db) => {
    await sql`
      alter table registrations
        drop constraint registrations_site_id_email_key_key,
        drop column password_hash,
        drop column username_key`.execute(db);
    await sql`create index registrations_address_idx on registrations (email_key, site_id)`.execute(db);
    await sql`alter table invitations drop constraint invitations_site_id_email_key_key`.execute(db);
    await sql`create index invitations_address_idx on invitations (email_key, site_id)`.execute(db);
    await sql`create index invitations_site_id_idx on invitations (site_id, id)`.execute(db);
    // Administrators could be made by the operator on the host alone, who stands for their addresses.
    await sql`
      update users set email_verified_at = coalesce(email_verified_at, created_at) where administrator`.execute(db);
  },
};
