import type { Kysely } from 'kysely';
import type { SetPassword } from '../accounts/set-password.ts';
import type { UserChanges, Users } from '../accounts/users.ts';
import { operatorActor } from '../audit/actor.ts';
import type { AuthTables } from '../database.ts';
import type { EraseUser } from '../erasure/erase-user.ts';
import { problem } from '../errors.ts';
import type { Invitation, Invitations } from '../registration/invitations.ts';
import { readEmailAddress } from '../users/email-address.ts';
import type { User } from '../users/user.ts';
import { invalidBody } from '../validation.ts';
import { operatorCaller } from './operator-caller.ts';

/** What is done on the host, by address: there the ids of users are not at hand. */
export interface Operator {
  /** Throws user_not_found, validation_failed, password_too_weak, unavailable. */
  setPassword(email: string, password: string, requestId: string): Promise<User>;
  /** Throws user_not_found, last_administrator, last_owner, user_disabled, email_unverified, validation_failed. */
  change(
    email: string,
    changes: Pick<UserChanges, 'administrator' | 'disabled'>,
    requestId: string,
    force?: boolean,
  ): Promise<User>;
  /**
   * Invites to a site; without one, to the only site of the installation. Throws site_not_found, registration_closed,
   * rate_limited, validation_failed, and what else an invitation is refused for.
   */
  invite(
    invitation: { readonly email: string; readonly roles: readonly string[]; readonly site?: string | undefined },
    requestId: string,
  ): Promise<{ readonly site: string; readonly invitation: Invitation }>;
  /** Throws user_not_found, last_administrator, last_owner, validation_failed. */
  erase(email: string, requestId: string, force?: boolean): Promise<void>;
}

export interface OperatorOptions {
  readonly database: Kysely<AuthTables>;
  readonly users: Pick<Users, 'update'>;
  readonly setPassword: SetPassword;
  readonly eraseUser: EraseUser;
  readonly invitations: Pick<Invitations, 'create'>;
}

const MAX_NAMED = 20;

export function createOperator({ database, users, setPassword, eraseUser, invitations }: OperatorOptions): Operator {
  async function idOf(given: string): Promise<string> {
    const email = readEmailAddress(given);
    if (email === undefined) throw invalidBody('email', 'is not an e-mail address');
    const user = await database.selectFrom('users').select('id').where('email_key', '=', email.key).executeTakeFirst();
    if (user !== undefined) return user.id;
    // An operator who does not know the administrator's address has no other way to find it out.
    throw problem('user_not_found', { detail: `Administrators: ${(await administrators()).join(', ')}` });
  }

  async function onlySite(): Promise<string> {
    const sites = await database.selectFrom('sites').select('id').orderBy('id').limit(MAX_NAMED).execute();
    const [site] = sites;
    if (site !== undefined && sites.length === 1) return site.id;
    throw invalidBody('site', `must be one of the sites: ${sites.map(({ id }) => id).join(', ') || 'there are none'}`);
  }

  async function administrators(): Promise<readonly string[]> {
    const rows = await database
      .selectFrom('users')
      .select('email')
      .where('administrator', '=', true)
      .orderBy('created_at')
      .limit(MAX_NAMED)
      .execute();
    return rows.map(({ email }) => email);
  }

  return {
    setPassword: async (email, password, requestId) =>
      setPassword(await idOf(email), password, { ...operatorActor, requestId }),
    change: async (email, changes, requestId, force) =>
      users.update(await idOf(email), changes, { ...operatorActor, requestId }, { force }),
    invite: async ({ email, roles, site: wanted }, requestId) => {
      const site = wanted ?? (await onlySite());
      const by = { ...operatorActor, requestId };
      return { site, invitation: await invitations.create(operatorCaller, by, site, { email, roles }) };
    },
    erase: async (email, requestId, force) =>
      eraseUser(await idOf(email), { ...operatorActor, requestId }, force === undefined ? {} : { force }),
  };
}
