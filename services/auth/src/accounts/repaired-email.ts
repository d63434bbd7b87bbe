import { sql, type Transaction } from 'kysely';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';
import type { MailJob } from '../mail/mail-job.ts';
import { readEmailAddress } from '../users/email-address.ts';
import { invalidBody } from '../validation.ts';

export interface EmailRepair {
  readonly id: string;
  /** Another address; the present one is only marked as unproved if absent. */
  readonly email: string | undefined;
  readonly at: number;
}

export interface RepairedEmail {
  readonly mails: readonly MailJob[];
  /** Whether the address is another one, so that the sessions of the account end. */
  readonly isAnother: boolean;
}

/**
 * Gives an account another address, or marks its address as unproved: the person who proves it gets the account, and nothing
 * that was set before. Links that wait end. An operator can mistype an address, so that of an administrator
 * is changed by the administrator alone. To be called before the transaction writes.
 * Throws validation_failed, user_not_found, administrator_address; email_taken when it is written.
 */
export async function repairEmail(
  transaction: Transaction<AuthTables>,
  { id, email: given, at }: EmailRepair,
): Promise<RepairedEmail> {
  const email = given === undefined ? undefined : readEmailAddress(given);
  if (given !== undefined && email === undefined) throw invalidBody('email', 'is not an e-mail address');
  const user = await transaction
    .selectFrom('users')
    .select(['email', 'email_key', 'administrator'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  if (user === undefined) throw problem('user_not_found');
  if (user.administrator) throw problem('administrator_address');
  const isAnother = email !== undefined && email.key !== user.email_key;
  if (given !== undefined && !isAnother) return { mails: [], isAnother };
  await transaction
    .updateTable('users')
    .set({
      ...(email !== undefined && { email: email.address, email_key: email.key }),
      email_verified_at: null,
      pending_email: null,
      pending_email_key: null,
      credential_version: sql`credential_version + 1`,
      reset_version: sql`reset_version + 1`,
      link_version: sql`link_version + 1`,
    })
    .where('id', '=', id)
    .execute();
  if (!isAnother) return { mails: [], isAnother };
  return {
    mails: [
      { kind: 'email_changed', user: id, recipient: user.email, at },
      { kind: 'verification', user: id },
    ],
    isAnother,
  };
}

/** Sends a link to the address of a user who has not proved it. Throws user_not_found, user_disabled, email_verified. */
export async function verificationMail(transaction: Transaction<AuthTables>, id: string): Promise<MailJob> {
  const user = await transaction
    .selectFrom('users')
    .select(['disabled', 'email_verified_at'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (user === undefined) throw problem('user_not_found');
  if (user.disabled) throw problem('user_disabled');
  if (user.email_verified_at !== null) throw problem('email_verified');
  return { kind: 'verification', user: id };
}
