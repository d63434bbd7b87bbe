import { sql, type Transaction } from 'kysely';
import type { AuthTables } from '../database.ts';

/**
 * Until the transaction ends no other link or request of the address is used: two links that are used at once make one
 * account. Before any row is locked, so that two transactions never wait for each other.
 */
export async function lockAddress(transaction: Transaction<AuthTables>, emailKey: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`gaia auth address ${emailKey}`}, 0))`.execute(transaction);
}

/** The same for the address of a user, which is given; an empty text for a user who is not there. */
export async function lockAddressOf(transaction: Transaction<AuthTables>, user: string): Promise<string> {
  const row = await transaction.selectFrom('users').select('email_key').where('id', '=', user).executeTakeFirst();
  const emailKey = row?.email_key ?? '';
  await lockAddress(transaction, emailKey);
  return emailKey;
}
