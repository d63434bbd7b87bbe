import { sql, type Transaction } from 'kysely';
import { requireOtherAdministrator } from '../access/last-holders.ts';
import type { Actor } from '../audit/actor.ts';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';
import type { MailJob } from '../mail/mail-job.ts';
import { isUserId } from '../users/user.ts';

export interface AdministratorChange {
  readonly id: string;
  readonly administrator: boolean;
  readonly by: Actor;
  readonly at: number;
}

/**
 * Promotes or demotes a user; gives the mails that tell both sides, none where nothing has changed. An account that its
 * owner has not proved can belong to another person, so it gets no such rights. To be called before the transaction writes.
 * Throws last_administrator, user_not_found, user_disabled, email_unverified.
 */
export async function changeAdministrator(
  transaction: Transaction<AuthTables>,
  { id, administrator, by, at }: AdministratorChange,
): Promise<readonly MailJob[]> {
  if (!administrator) await requireOtherAdministrator(transaction, id);
  const user = await transaction
    .selectFrom('users')
    .select(['email', 'administrator', 'disabled'])
    .select(sql<boolean>`email_verified_at is not null`.as('verified'))
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  if (user === undefined) throw problem('user_not_found');
  if (user.administrator === administrator) return [];
  if (administrator && user.disabled) throw problem('user_disabled');
  if (administrator && !user.verified) throw problem('email_unverified');
  await transaction
    .updateTable('users')
    .set({ administrator, updated_at: new Date(at) })
    .where('id', '=', id)
    .execute();
  const notice = { kind: administrator ? 'administrator_added' : 'administrator_removed', at } as const;
  const about = { ...notice, account: user.email, address: by.address };
  const mails: MailJob[] = [{ ...about, user: id, recipient: user.email }];
  if (by.subject === undefined || by.subject === id || !isUserId(by.subject)) return mails;
  const actor = await transaction.selectFrom('users').select('email').where('id', '=', by.subject).executeTakeFirst();
  return actor === undefined ? mails : [...mails, { ...about, user: by.subject, recipient: actor.email }];
}
