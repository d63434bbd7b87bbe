import type { Kysely } from 'kysely';
import type { AccessFacts } from '../access/site-access.ts';
import type { AuthTables } from '../database.ts';
import { ownPermissions } from '../roles/own-permissions.ts';
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

/** A user's present rights on a site. */
export interface AccountFacts extends AccessFacts {
  readonly disabled: boolean;
  readonly credentialVersion: number;
}

/** What login and refresh read; one query each. */
export interface Accounts {
  /** By e-mail address or, without an `@`, by user name. */
  findByLoginName(name: string): Promise<LoginAccount | undefined>;
  facts(userId: string, site: string | undefined): Promise<AccountFacts | undefined>;
  /** The user's first membership; for an administrator without any, the installation's first site. */
  defaultSite(userId: string): Promise<string | undefined>;
  credentialVersion(userId: string): Promise<number | undefined>;
  /** Stores a hash of the same password in place of one that is still there. */
  replaceHash(userId: string, before: string | null, hash: string): Promise<void>;
}

export function createAccounts(database: Kysely<AuthTables>): Accounts {
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
    facts: async (userId, site) => {
      const row = await database
        .selectFrom('users')
        .leftJoin('sites', (join) => join.on('sites.id', '=', site ?? ''))
        .leftJoin('memberships', (join) =>
          join.onRef('memberships.user_id', '=', 'users.id').onRef('memberships.site_id', '=', 'sites.id'),
        )
        .select([
          'users.administrator',
          'users.disabled',
          'users.credential_version as credentialVersion',
          'sites.id as site',
          'memberships.roles',
          ownPermissions,
        ])
        .where('users.id', '=', userId)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      return {
        ...row,
        site: row.site ?? undefined,
        roles: row.roles ?? undefined,
        permissions: row.permissions ?? undefined,
      };
    },
    defaultSite: async (userId) => {
      const membership = await database
        .selectFrom('memberships')
        .select('site_id')
        .where('user_id', '=', userId)
        .orderBy('created_at')
        .orderBy('site_id')
        .limit(1)
        .executeTakeFirst();
      if (membership !== undefined) return membership.site_id;
      const site = await database
        .selectFrom('users')
        .innerJoin('sites', (join) => join.onTrue())
        .select('sites.id')
        .where('users.id', '=', userId)
        .where('users.administrator', '=', true)
        .orderBy('sites.created_at')
        .orderBy('sites.id')
        .limit(1)
        .executeTakeFirst();
      return site?.id;
    },
    credentialVersion: async (userId) => {
      const row = await database
        .selectFrom('users')
        .select('credential_version as version')
        .where('id', '=', userId)
        .executeTakeFirst();
      return row?.version;
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
