import { randomUUIDv7 } from 'node:crypto';
import { isUniqueViolation } from '@gaia/database/errors';
import type { Kysely } from 'kysely';
import { requireOtherHolders } from '../access/last-holders.ts';
import type { Actor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';
import type { Outbox } from '../mail/outbox.ts';
import type { Page } from '../pagination/page.ts';
import type { Passwords } from '../passwords/passwords.ts';
import { requireValidPassword } from '../passwords/passwords.ts';
import type { PasswordStrength } from '../passwords/strength.ts';
import type { Revoker } from '../revocation/revoker.ts';
import { readEmailAddress } from '../users/email-address.ts';
import { isOfOneAlphabet, skeletonOf } from '../users/look-alikes.ts';
import { isReservedUsername } from '../users/reserved-usernames.ts';
import { type User, userColumns } from '../users/user.ts';
import { readUsername } from '../users/username.ts';
import { invalidBody } from '../validation.ts';
import { changeAdministrator } from './administrators.ts';
import { repairEmail, verificationMail } from './repaired-email.ts';
import { type ListedUser, listUsers, type UserListRequest } from './user-list.ts';

export interface NewUser {
  readonly email: string;
  readonly username?: string | undefined;
  readonly name?: string | undefined;
  /** Works until the address is proved; without one the user chooses it with the link that is mailed. */
  readonly password?: string | undefined;
}

export interface UserChanges {
  readonly username?: string | null | undefined;
  readonly name?: string | undefined;
  readonly disabled?: boolean | undefined;
  readonly administrator?: boolean | undefined;
  readonly email?: string | undefined;
  /** An address is proved by who has it, never by an administrator. */
  readonly emailVerified?: false | undefined;
}

export interface UpdateOptions {
  /** Disables also the only owner of a site. */
  readonly force?: boolean | undefined;
}

export interface Users {
  /**
   * Makes an account that is its owner's once they prove the address.
   * Throws validation_failed, password_too_weak, email_taken, username_taken, username_reserved, unavailable.
   */
  create(user: NewUser, by: Actor): Promise<User>;
  /** Throws user_not_found. */
  get(id: string): Promise<User>;
  /** Throws site_not_found, invalid_cursor, validation_failed. */
  list(request: UserListRequest): Promise<Page<ListedUser>>;
  /**
   * Disabling ends all of the user's sessions, promoting and demoting the access tokens. Throws user_not_found,
   * username_taken, last_administrator, last_owner, and for a new administrator user_disabled, email_unverified. Another
   * address ends all sessions: email_taken, administrator_address.
   */
  update(id: string, changes: UserChanges, by: Actor, options?: UpdateOptions): Promise<User>;
  /** Sends a link that proves the address. Throws user_not_found, user_disabled, email_verified. */
  requestVerification(id: string, by: Actor): Promise<void>;
}

export interface UsersOptions {
  readonly database: Kysely<AuthTables>;
  readonly passwords: Pick<Passwords, 'hash'>;
  readonly strength: Pick<PasswordStrength, 'require'>;
  readonly revoker: Pick<Revoker, 'endAllSessions' | 'revokeTokensOf'>;
  readonly outbox: Outbox;
  readonly audit: Audit;
  now(): number;
}

export function createUsers(options: UsersOptions): Users {
  const { database, passwords, revoker, outbox, now } = options;

  async function get(id: string): Promise<User> {
    const user = await database.selectFrom('users').select(userColumns).where('id', '=', id).executeTakeFirst();
    if (user === undefined) throw problem('user_not_found');
    return user;
  }

  async function firstHash({ password }: NewUser, row: ReturnType<typeof readNewUser>): Promise<string | null> {
    if (password === undefined) return null;
    requireValidPassword(password);
    await options.strength.require(password, [row.email, row.username, row.name]);
    return passwords.hash(password);
  }

  return {
    get,
    create: async (given, by) => {
      const row = readNewUser(given);
      const passwordHash = await firstHash(given, row);
      const at = now();
      const made = await refusingTaken(() =>
        database.transaction().execute(async (transaction) => {
          const user = await insertUser(transaction, {
            ...row,
            id: randomUUIDv7(),
            password_hash: passwordHash,
            administrator: false,
            created_at: new Date(at),
            updated_at: new Date(at),
          });
          if (passwordHash === null) await outbox.add(transaction, by, { kind: 'verification', user: user.id });
          await options.audit.append(transaction, by, { action: 'user.create', target: user.id });
          return user;
        }),
      );
      outbox.wake();
      return made;
    },
    list: (request) => listUsers(database, request),
    update: async (id, changes, by, { force } = {}) => {
      const set = readChanges(changes);
      const { administrator, email } = changes;
      const isRepair = email !== undefined || changes.emailVerified === false;
      let endsSessions = changes.disabled === true;
      const user = await refusingTaken(() =>
        database.transaction().execute(async (transaction) => {
          const ownerless = changes.disabled ? await requireOtherHolders(transaction, id, { force }) : [];
          const repaired = isRepair ? await repairEmail(transaction, { id, email, at: now() }) : undefined;
          const mails = [
            ...(repaired?.mails ?? []),
            ...(administrator === undefined
              ? []
              : await changeAdministrator(transaction, { id, administrator, by, at: now() })),
          ];
          const changed = await transaction
            .updateTable('users')
            .set({ ...set, updated_at: new Date(now()) })
            .where('id', '=', id)
            .returning(userColumns)
            .executeTakeFirst();
          if (changed !== undefined) {
            // Also before the commit: tokens with rights that are taken away must not outlive a failure here.
            if (administrator !== undefined) await revoker.revokeTokensOf(id);
            if (repaired?.isAnother) {
              endsSessions = true;
              await revoker.endAllSessions(id);
            }
            if (mails.length > 0) await outbox.add(transaction, by, ...mails);
            const details = {
              changed: Object.entries(changes).flatMap(([name, value]) => (value === undefined ? [] : [name])),
              disabled: changes.disabled,
              administrator,
              ...(ownerless.length > 0 && { sites_without_owner: ownerless }),
            };
            await options.audit.append(transaction, by, { action: 'user.change', target: id, details });
          }
          return changed;
        }),
      );
      if (user === undefined) throw problem('user_not_found');
      if (administrator !== undefined) await revoker.revokeTokensOf(id);
      if (endsSessions) await revoker.endAllSessions(id);
      outbox.wake();
      return user;
    },
    requestVerification: async (id, by) => {
      await database.transaction().execute(async (transaction) => {
        await outbox.add(transaction, by, await verificationMail(transaction, id));
        await options.audit.append(transaction, by, { action: 'email.verification', target: id });
      });
      outbox.wake();
    },
  };
}

type UserRow = ReturnType<typeof readNewUser> & {
  email_verified_at?: Date | null;
  id: string;
  password_hash: string | null;
  administrator: boolean;
  created_at: Date;
  updated_at: Date;
};

export function insertUser(database: Kysely<AuthTables>, row: UserRow): Promise<User> {
  return database.insertInto('users').values(row).returning(userColumns).executeTakeFirstOrThrow();
}

/** The normalised names of a new user. Throws validation_failed. */
export function readNewUser({ email: givenEmail, username: givenUsername, name }: NewUser) {
  const email = readEmailAddress(givenEmail);
  if (email === undefined) throw invalidBody('email', 'is not an e-mail address');
  return {
    email: email.address,
    email_key: email.key,
    ...usernameColumns(givenUsername ?? null),
    name: (name ?? '').trim(),
  };
}

function readChanges({ username, name, disabled }: UserChanges) {
  return {
    ...(username !== undefined && usernameColumns(username)),
    ...(name !== undefined && { name: name.trim() }),
    ...(disabled !== undefined && { disabled }),
  };
}

/** The columns of a user name. Throws validation_failed, username_reserved, username_confusable. */
export function usernameColumns(given: string | null) {
  if (given === null) return { username: null, username_key: null, username_skeleton: null };
  const name = readUsername(given);
  if (name === undefined) {
    throw invalidBody('username', 'must be 2 to 64 letters, digits, dots, dashes and underscores');
  }
  const { username, key } = name;
  if (!isOfOneAlphabet(username)) throw refusedUsername('username_confusable', 'must be written in one alphabet');
  if (isReservedUsername(username)) throw refusedUsername('username_reserved', 'is reserved');
  return { username, username_key: key, username_skeleton: skeletonOf(username) };
}

function refusedUsername(code: 'username_confusable' | 'username_reserved', message: string) {
  return problem(code, { errors: [{ path: '/body/username', message }] });
}

/** Names a violated unique name, or one that looks the same: email_taken, username_taken. */
export async function refusingTaken<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (isUniqueViolation(error, 'users_email_key_key')) throw problem('email_taken');
    if (isUniqueViolation(error, 'users_username_key_key')) throw problem('username_taken');
    if (isUniqueViolation(error, 'users_username_skeleton_key')) throw problem('username_taken');
    throw error;
  }
}
