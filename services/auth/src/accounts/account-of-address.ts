import { type Kysely, sql } from 'kysely';
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
