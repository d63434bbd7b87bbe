import type { Transaction } from 'kysely';
import type { AuthTables } from '../database.ts';

/** Makes a user a member of a site, once; who is one already keeps the roles that they have. */
export async function joinSite(
  transaction: Transaction<AuthTables>,
  { user, site, roles, at }: { user: string; site: string; roles: readonly string[]; at: Date },
): Promise<void> {
  await transaction
    .insertInto('memberships')
    .values({ user_id: user, site_id: site, roles: [...roles], created_at: at, updated_at: at })
    .onConflict((conflict) => conflict.columns(['user_id', 'site_id']).doNothing())
    .execute();
}
