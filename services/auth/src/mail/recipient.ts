import type { Kysely } from 'kysely';
import type { AuthTables } from '../database.ts';

const columns = [
  'id',
  'email',
  'email_key as emailKey',
  'name',
  'administrator',
  'disabled',
  'credential_version as credentialVersion',
  'reset_version as resetVersion',
  'link_version as linkVersion',
  'email_verified_at as emailVerifiedAt',
  'pending_email as pendingEmail',
  'pending_email_key as pendingEmailKey',
] as const;

/** What mails need to know of users. */
export function recipientOf(database: Kysely<AuthTables>) {
  const select = () => database.selectFrom('users').select(columns);
  return {
    byId: (id: string) => select().where('id', '=', id).executeTakeFirst(),
    byEmail: (emailKey: string) => select().where('email_key', '=', emailKey).executeTakeFirst(),
    /** Of the device that the account has been used with for longest: an intruder's is newer, and must not choose it. */
    languageOf: async (id: string) =>
      (
        await database
          .selectFrom('user_devices')
          .select('language')
          .where('user_id', '=', id)
          .orderBy('first_seen_at')
          .limit(1)
          .executeTakeFirst()
      )?.language ?? undefined,
    isMember: async (user: string, site: string) =>
      (await database
        .selectFrom('memberships')
        .select('user_id')
        .where('user_id', '=', user)
        .where('site_id', '=', site)
        .executeTakeFirst()) !== undefined,
  };
}
