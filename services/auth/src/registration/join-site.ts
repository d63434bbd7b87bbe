import type { Transaction } from 'kysely';
import { MAX_ROLES } from '../access/member-schemas.ts';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';

interface Joining {
  readonly user: string;
  readonly site: string;
  readonly roles: readonly string[];
  readonly at: Date;
}

/** Makes a user a member of a site; a present member keeps their roles. Gives the roles that are new to the user. */
export async function joinSite(
  transaction: Transaction<AuthTables>,
  { user, site, roles, at }: Joining,
): Promise<readonly string[]> {
  const made = await transaction
    .insertInto('memberships')
    .values({ user_id: user, site_id: site, roles: [...roles], created_at: at, updated_at: at })
    .onConflict((conflict) => conflict.columns(['user_id', 'site_id']).doNothing())
    .returning('roles')
    .executeTakeFirst();
  return made?.roles ?? [];
}

/** The same, and a present member has these roles as well from now on. Throws too_many_roles. */
export async function joinSiteWithRoles(
  transaction: Transaction<AuthTables>,
  joining: Joining,
): Promise<readonly string[]> {
  const granted = await joinSite(transaction, joining);
  if (granted.length > 0) return granted;
  const { user, site, at } = joining;
  const held = await transaction
    .selectFrom('memberships')
    .select('roles')
    .where('user_id', '=', user)
    .where('site_id', '=', site)
    .forUpdate()
    .executeTakeFirstOrThrow();
  const added = joining.roles.filter((role) => !held.roles.includes(role));
  const roles = [...held.roles, ...added].sort();
  if (roles.length > MAX_ROLES) throw problem('too_many_roles');
  if (added.length === 0) return added;
  await transaction
    .updateTable('memberships')
    .set({ roles, updated_at: at })
    .where('user_id', '=', user)
    .where('site_id', '=', site)
    .execute();
  return added;
}
