import { type Kysely, sql } from 'kysely';
import type { AuthTables } from '../database.ts';
import { readEmailAddress } from './email-address.ts';
import { readUsername } from './username.ts';

/** What login needs of a user before the password is checked. */
export interface LoginAccount {
  readonly id: string;
  readonly email: string;
  readonly passwordHash: string | null;
  readonly credentialVersion: number;
  readonly disabled: boolean;
}

/** Users as a login finds them. */
export interface LoginAccounts {
  /** By e-mail address or, without an `@`, by user name. */
  findByLoginName(name: string): Promise<LoginAccount | undefined>;
  /** Of a user who is there and not disabled. */
  credentialVersion(userId: string): Promise<number | undefined>;
  /** Of the user's first membership; for an administrator without any, the installation's first. */
  firstSite(userId: string): Promise<string | undefined>;
  /** Stores a hash of the same password in place of one that is still there. */
  replaceHash(userId: string, before: string | null, hash: string): Promise<void>;
}

export function createLoginAccounts(database: Kysely<AuthTables>): LoginAccounts {
  return {
    findByLoginName: async (name) => {
      const key = loginKey(name);
      if (key === undefined) return undefined;
      return database
        .selectFrom('users')
        .select(['id', 'email', 'password_hash as passwordHash', 'credential_version as credentialVersion', 'disabled'])
        .where(key.column, '=', key.value)
        .executeTakeFirst();
    },
    credentialVersion: async (userId) => {
      const user = await database
        .selectFrom('users')
        .select('credential_version as version')
        .where('id', '=', userId)
        .where('disabled', '=', false)
        .executeTakeFirst();
      return user?.version;
    },
    firstSite: async (userId) => {
      const { rows } = await sql<{ site: string | null }>`
        select coalesce(
          (select site_id from memberships where user_id = users.id order by created_at, site_id limit 1),
          (select id from sites where users.administrator order by created_at, id limit 1)
        ) as site from users where id = ${userId}`.execute(database);
      return rows[0]?.site ?? undefined;
    },
    replaceHash: async (userId, before, hash) => {
      await database
        .updateTable('users')
        .set({ password_hash: hash })
        .where('id', '=', userId)
        .where('password_hash', '=', before)
        .execute();
    },
  };
}

/** Where a login name is looked up; undefined for what cannot be one. */
export function loginKey(name: string): { column: 'email_key' | 'username_key'; value: string } | undefined {
  if (name.includes('@')) {
    const email = readEmailAddress(name);
    return email && { column: 'email_key', value: email.key };
  }
  const username = readUsername(name);
  return username && { column: 'username_key', value: username.key };
}
