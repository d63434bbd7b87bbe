import type { FamilyStore } from '@gaia/state/state';
import type { Identity } from '@gaia/tokens/identity';
import { type Kysely, sql } from 'kysely';
import type { Actor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';
import type { Outbox } from '../mail/outbox.ts';
import type { RequireCurrentPassword } from '../passwords/current-password.ts';
import type { Passwords } from '../passwords/passwords.ts';
import { requireValidPassword } from '../passwords/passwords.ts';
import type { PasswordStrength } from '../passwords/strength.ts';
import { selfOf } from '../permissions/user-caller.ts';
import type { Revoker } from '../revocation/revoker.ts';
import { refusingTaken, usernameColumns } from './users.ts';

export interface ProfileChanges {
  readonly name?: string | undefined;
  readonly username?: string | null | undefined;
}

/** What users do with their own account. Nobody who acts for a user may (403 forbidden). */
export interface SelfService {
  /** Throws user_not_found, username_taken, validation_failed. */
  changeProfile(caller: Identity, by: Actor, changes: ProfileChanges): Promise<void>;
  /** Ends the user's other sessions. Throws wrong_password, rate_limited, password_too_weak, validation_failed. */
  changePassword(caller: Identity, by: Actor, present: string, password: string): Promise<void>;
  /** Deletes the account and ends all its sessions. Throws wrong_password, rate_limited, last_administrator, last_owner. */
  remove(caller: Identity, by: Actor, present: string): Promise<void>;
}

export interface SelfServiceOptions {
  readonly database: Kysely<AuthTables>;
  readonly families: Pick<FamilyStore, 'listBySubject'>;
  readonly requireCurrentPassword: RequireCurrentPassword;
  readonly passwords: Pick<Passwords, 'hash'>;
  readonly strength: Pick<PasswordStrength, 'require'>;
  readonly revoker: Pick<Revoker, 'endSession'>;
  eraseUser(id: string, by: Actor): Promise<void>;
  readonly outbox: Outbox;
  readonly audit: Audit;
  now(): number;
}

export function createSelfService(options: SelfServiceOptions): SelfService {
  const { database, families, requireCurrentPassword, passwords, strength, revoker, outbox, audit, now } = options;

  async function endOtherSessions(user: string, current: string | undefined): Promise<void> {
    for (const { sid } of await families.listBySubject(user, now())) {
      if (sid !== current) await revoker.endSession(sid);
    }
  }

  return {
    changeProfile: async (caller, by, { name, username }) => {
      const id = selfOf(caller);
      const set = {
        ...(name !== undefined && { name: name.trim() }),
        ...(username !== undefined && usernameColumns(username)),
      };
      await refusingTaken(() =>
        database.transaction().execute(async (transaction) => {
          const changed = await transaction
            .updateTable('users')
            .set({ ...set, updated_at: new Date(now()) })
            .where('id', '=', id)
            .returning('id')
            .executeTakeFirst();
          if (changed === undefined) throw problem('user_not_found');
          await audit.append(transaction, by, {
            action: 'user.change',
            target: id,
            details: { changed: Object.keys(set) },
          });
        }),
      );
    },
    changePassword: async (caller, by, present, password) => {
      requireValidPassword(password);
      const user = await requireCurrentPassword(caller, by, present);
      await strength.require(password, [user.email, user.username, user.name]);
      const passwordHash = await passwords.hash(password);
      await database.transaction().execute(async (transaction) => {
        const at = now();
        const changed = await transaction
          .updateTable('users')
          .set({
            password_hash: passwordHash,
            credential_version: sql`credential_version + 1`,
            updated_at: new Date(at),
          })
          .where('id', '=', user.id)
          .where('credential_version', '=', user.credentialVersion)
          .returning('id')
          .executeTakeFirst();
        // The password that was shown is no longer the present one.
        if (changed === undefined) throw problem('wrong_password');
        // Also before the commit: if sessions cannot be ended, the password stays, and the user can try again.
        await endOtherSessions(user.id, caller.sessionId);
        await outbox.add(transaction, by, {
          kind: 'password_changed',
          user: user.id,
          recipient: user.email,
          at,
          site: caller.site,
          address: by.address,
        });
        await audit.append(transaction, by, { action: 'password.change', target: user.id });
      });
      await endOtherSessions(user.id, caller.sessionId);
      outbox.wake();
    },
    remove: async (caller, by, present) => {
      const { id } = await requireCurrentPassword(caller, by, present);
      await options.eraseUser(id, by);
    },
  };
}
