import { type Kysely, sql, type Transaction } from 'kysely';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';

/** The account of an address, as far as a proof needs it. */
export interface Account {
  readonly id: string;
  readonly email: string;
  readonly username: string | null;
  readonly name: string;
  /** Whether its owner has proved the address; what was set before belongs to nobody. */
  readonly isProved: boolean;
}

/** Columns of `users` that make an Account. */
export const accountColumns = [
  'users.id',
  'users.email',
  'users.username',
  'users.name',
  sql<boolean>`users.email_verified_at is not null`.as('isProved'),
] as const;

/** Throws link_invalid for a disabled account: no link brings it back. */
export async function findAccount(database: Kysely<AuthTables>, emailKey: string): Promise<Account | undefined> {
  const row = await database
    .selectFrom('users')
    .select([...accountColumns, 'users.disabled'])
    .where('email_key', '=', emailKey)
    .executeTakeFirst();
  if (row?.disabled) throw problem('link_invalid');
  return row;
}

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
