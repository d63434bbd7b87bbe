import { type Kysely, sql } from 'kysely';
import { requireOtherHolders } from '../access/last-holders.ts';
import type { Actor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';
import type { Revoker } from '../revocation/revoker.ts';
import { lockAddressOf } from '../users/address-lock.ts';
import { addErasure } from './erasure-outbox.ts';

export interface EraseUserOptions {
  readonly database: Kysely<AuthTables>;
  readonly revoker: Pick<Revoker, 'endAllSessions'>;
  readonly audit: Audit;
  now(): number;
  /** Told when the other services have something to erase; without it they hear of it within seconds. */
  wake?(): void;
}

/**
 * Deletes a user, and all that is kept of them but their id as an author and in the audit log: memberships, devices,
 * pending registrations and invitations of the address, mails that wait, sessions and tokens; and has the other services
 * erase their part. With `force` sites may be left without an owner. Throws user_not_found, last_administrator, last_owner.
 */
export type EraseUser = (id: string, by: Actor, options?: { readonly force?: boolean }) => Promise<void>;

export function createEraseUser(options: EraseUserOptions): EraseUser {
  const { database, revoker, audit, now, wake = () => {} } = options;
  return async (id, by, { force } = {}) => {
    const isThere = await database.transaction().execute(async (transaction) => {
      await lockAddressOf(transaction, id);
      const ownerless = await requireOtherHolders(transaction, id, { force });
      const user = await transaction
        .deleteFrom('users')
        .where('id', '=', id)
        .returning(['email', 'email_key'])
        .executeTakeFirst();
      if (user === undefined) return false;
      await transaction.deleteFrom('registrations').where('email_key', '=', user.email_key).execute();
      await transaction.deleteFrom('invitations').where('email_key', '=', user.email_key).execute();
      await sql`
        delete from mail_outbox
        where job->>'user' = ${id} or job->>'emailKey' = ${user.email_key} or job->>'recipient' = ${user.email}`.execute(
        transaction,
      );
      await addErasure(transaction, id, now());
      // Also before the commit: if the sessions cannot be ended, the user stays, and the caller can try again.
      await revoker.endAllSessions(id);
      await audit.append(transaction, by, {
        action: 'user.delete',
        target: id,
        ...(ownerless.length > 0 && { details: { sites_without_owner: ownerless } }),
      });
      return true;
    });
    // Also when there was none: after a failure here the caller's second attempt must still cut.
    await revoker.endAllSessions(id);
    if (!isThere) throw problem('user_not_found');
    wake();
  };
}
