import type { Kysely } from 'kysely';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';

/** What the tables of this service hold of one user, all but the audit log, in the names that an export has. */
export interface AccountRecord {
  readonly account: object;
  readonly memberships: readonly object[];
  readonly devices: readonly object[];
  /** Open ones of the address, if it is shown to be the user's: those of an unproved address may be for another person. */
  readonly invitations: readonly object[];
}

/** Throws user_not_found. */
export async function readAccountRecord(database: Kysely<AuthTables>, id: string, now: number): Promise<AccountRecord> {
  const user = await database.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
  if (user === undefined) throw problem('user_not_found');
  const memberships = await database
    .selectFrom('memberships')
    .innerJoin('sites', 'sites.id', 'memberships.site_id')
    .select(['sites.id as site', 'sites.name', 'memberships.roles', 'memberships.created_at as since'])
    .where('memberships.user_id', '=', id)
    .orderBy('sites.id')
    .execute();
  const devices = await database
    .selectFrom('user_devices')
    .select(['first_seen_at', 'last_seen_at', 'language'])
    .where('user_id', '=', id)
    .orderBy('first_seen_at')
    .execute();
  const invitations =
    user.email_verified_at === null
      ? []
      : await database
          .selectFrom('invitations')
          .select(['site_id as site', 'roles', 'created_at', 'expires_at'])
          .where('email_key', '=', user.email_key)
          .where('expires_at', '>', new Date(now))
          .orderBy('id')
          .execute();
  return {
    account: {
      id: user.id,
      email: user.email,
      email_verified_at: user.email_verified_at,
      pending_email: user.pending_email,
      username: user.username,
      name: user.name,
      administrator: user.administrator,
      disabled: user.disabled,
      created_at: user.created_at,
      updated_at: user.updated_at,
    },
    memberships,
    devices,
    invitations,
  };
}
