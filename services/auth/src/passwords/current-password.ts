import type { Identity } from '@gaia/tokens/identity';
import type { Kysely } from 'kysely';
import type { Actor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';
import { selfOf } from '../permissions/user-caller.ts';
import type { LoginThrottle } from '../throttling/login-throttle.ts';
import type { Passwords } from './passwords.ts';

/** A user whose password has just been shown. */
export interface ShownUser {
  readonly id: string;
  readonly email: string;
  readonly emailKey: string;
  readonly username: string | null;
  readonly name: string;
  readonly administrator: boolean;
  readonly credentialVersion: number;
}

export type RequireCurrentPassword = (caller: Identity, by: Actor, password: string) => Promise<ShownUser>;

/**
 * Asks for the current password before what a stolen session must not do. Guesses are slowed down as at login.
 * Throws wrong_password, rate_limited, user_not_found, forbidden, unavailable.
 */
export function createRequireCurrentPassword(options: {
  readonly database: Kysely<AuthTables>;
  readonly passwords: Pick<Passwords, 'verify'>;
  readonly throttle: LoginThrottle;
  readonly audit: Pick<Audit, 'note'>;
}): RequireCurrentPassword {
  const { database, passwords, throttle, audit } = options;
  return async (caller, by, password) => {
    const id = selfOf(caller);
    const address = by.address ?? '';
    await throttle.attempt(id, address);
    const user = await database
      .selectFrom('users')
      .select(['id', 'email', 'email_key as emailKey', 'username', 'name', 'administrator'])
      .select(['credential_version as credentialVersion', 'password_hash as passwordHash'])
      .where('id', '=', id)
      .where('disabled', '=', false)
      .executeTakeFirst();
    if (user === undefined) throw problem('user_not_found');
    const { passwordHash, ...shown } = user;
    if (!(await passwords.verify(passwordHash, password, id))) {
      await audit.note(by, { action: 'password.confirm', outcome: 'refused', site: caller.site, target: id });
      throw problem('wrong_password');
    }
    await throttle.succeeded(id, address);
    return shown;
  };
}
