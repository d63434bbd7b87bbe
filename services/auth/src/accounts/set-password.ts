import { type Kysely, sql } from 'kysely';
import type { Actor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';
import type { Outbox } from '../mail/outbox.ts';
import { type Passwords, requireValidPassword } from '../passwords/passwords.ts';
import type { PasswordStrength } from '../passwords/strength.ts';
import type { Revoker } from '../revocation/revoker.ts';
import { type User, userColumns } from '../users/user.ts';

export interface SetPasswordOptions {
  readonly database: Kysely<AuthTables>;
  readonly passwords: Pick<Passwords, 'hash'>;
  readonly strength: Pick<PasswordStrength, 'require'>;
  readonly revoker: Pick<Revoker, 'endAllSessions'>;
  readonly outbox: Outbox;
  readonly audit: Audit;
  now(): number;
}

export type SetPassword = (id: string, password: string, by: Actor) => Promise<User>;

/**
 * Sets a user's password in place of the user, and ends all their sessions and links. Who may do this vouches for whose
 * the address is. Throws user_not_found, validation_failed, password_too_weak, unavailable.
 */
export function createSetPassword(options: SetPasswordOptions): SetPassword {
  const { database, passwords, strength, revoker, outbox, audit, now } = options;
  return async (id, password, by) => {
    requireValidPassword(password);
    const found = await database
      .selectFrom('users')
      .select(['email', 'username', 'name'])
      .where('id', '=', id)
      .executeTakeFirst();
    if (found === undefined) throw problem('user_not_found');
    await strength.require(password, [found.email, found.username, found.name]);
    const passwordHash = await passwords.hash(password);
    const user = await database.transaction().execute(async (transaction) => {
      const at = now();
      const changed = await transaction
        .updateTable('users')
        .set({
          password_hash: passwordHash,
          credential_version: sql`credential_version + 1`,
          reset_version: sql`reset_version + 1`,
          email_verified_at: sql`coalesce(email_verified_at, ${new Date(at)})`,
          updated_at: new Date(at),
        })
        .where('id', '=', id)
        .returning(userColumns)
        .executeTakeFirst();
      if (changed === undefined) throw problem('user_not_found');
      // Also before the commit: if the sessions cannot be ended, the password stays, and it can be tried again.
      await revoker.endAllSessions(id);
      await outbox.add(transaction, by, { kind: 'password_changed', user: id, recipient: changed.email, at });
      await audit.append(transaction, by, { action: 'password.set', target: id });
      return changed;
    });
    await revoker.endAllSessions(id);
    outbox.wake();
    return user;
  };
}
