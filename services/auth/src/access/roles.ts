import { isForeignKeyViolation } from '@gaia/database/errors';
import type { Kysely, Transaction } from 'kysely';
import type { Actor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';
import { type Caller, requireHolds } from '../permissions/permissions.ts';
import { ofKnownSite } from '../sites/existing-site.ts';
import { invalid } from '../validation.ts';
import { type HoldersOptions, holding, revokeTokensOfHolders } from './holders.ts';
import { isOwnRoleName } from './role-name.ts';
import { isSiteRole, scopesOf } from './site-access.ts';

/** A role that a site has made of permissions. */
export interface OwnRole {
  readonly name: string;
  readonly description: string;
  readonly permissions: readonly string[];
}

export interface Roles {
  /** The site's own roles by name; at most 100 can be made. Throws site_not_found. */
  list(site: string): Promise<readonly OwnRole[]>;
  /**
   * Makes or changes a role; tokens of its holders end when it changes.
   * Throws forbidden, site_not_found, validation_failed (a built-in name, or too many roles).
   */
  put(caller: Caller, by: Actor, site: string, role: OwnRole): Promise<{ role: OwnRole; isNew: boolean }>;
  /** Throws role_not_found, role_in_use, forbidden. */
  remove(caller: Caller, by: Actor, site: string, name: string): Promise<void>;
}

export interface RolesOptions extends HoldersOptions {
  readonly audit: Audit;
  now(): number;
}

const MAX_ROLES = 100;

export function createRoles(options: RolesOptions): Roles {
  const { database, audit, now } = options;
  const select = (from: Kysely<AuthTables>, site: string) =>
    from.selectFrom('roles').select(['name', 'description', 'permissions']).where('site_id', '=', site).orderBy('name');

  return {
    list: async (site) => ofKnownSite(database, site, await select(database, site).execute()),
    put: async (caller, by, site, { name, description, permissions: given }) => {
      if (!isOwnRoleName(name)) throw invalid('/params/role', 'must not be the name of a built-in role');
      const permissions = [...new Set(given)].sort();
      requireHolds(caller, permissions);
      const isNew = await refusingUnknownSite(() =>
        database.transaction().execute(async (transaction) => {
          const before = await select(transaction, site).forUpdate().execute();
          const known = before.find((role) => role.name === name);
          requireHolds(caller, known?.permissions ?? []);
          if (known === undefined && before.length >= MAX_ROLES) {
            throw invalid('/params/role', `must not be one of more than ${MAX_ROLES} roles of a site`);
          }
          const at = new Date(now());
          await transaction
            .insertInto('roles')
            .values({ site_id: site, name, description, permissions, created_at: at, updated_at: at })
            .onConflict((conflict) =>
              conflict.columns(['site_id', 'name']).doUpdateSet({ description, permissions, updated_at: at }),
            )
            .execute();
          await audit.append(transaction, by, { action: 'role.set', site, target: name, details: { permissions } });
          return known === undefined;
        }),
      );
      // Also when nothing has changed: after a failure here the caller's second attempt must still cut.
      if (!isNew) await revokeTokensOfHolders(options, site, name);
      return { role: { name, description, permissions }, isNew };
    },
    remove: (caller, by, site, name) =>
      database.transaction().execute(async (transaction) => {
        const known = await select(transaction, site).where('name', '=', name).forUpdate().executeTakeFirst();
        if (known === undefined) throw problem('role_not_found');
        requireHolds(caller, known.permissions);
        const holder = await transaction
          .selectFrom('memberships')
          .select('user_id')
          .where('site_id', '=', site)
          .where(holding(name))
          .limit(1)
          .executeTakeFirst();
        if (holder !== undefined) throw problem('role_in_use');
        await transaction.deleteFrom('roles').where('site_id', '=', site).where('name', '=', name).execute();
        await audit.append(transaction, by, { action: 'role.remove', site, target: name });
      }),
  };
}

/**
 * The permissions of roles that a membership shall have, with the site's own ones, which stay until the transaction ends.
 * Throws validation_failed for an unknown role.
 */
export async function permissionsOfRoles(
  transaction: Transaction<AuthTables>,
  site: string,
  roles: readonly string[],
): Promise<readonly string[]> {
  const own = roles.filter((role) => !isSiteRole(role));
  if (own.length === 0) return scopesOf(roles);
  const rows = await transaction
    .selectFrom('roles')
    .select(['name', 'permissions'])
    .where('site_id', '=', site)
    .where('name', 'in', own)
    .forShare()
    .execute();
  if (rows.length < own.length) throw invalid('/body/roles', 'names a role that the site does not have');
  return scopesOf(
    roles,
    rows.flatMap((row) => row.permissions),
  );
}

async function refusingUnknownSite<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (isForeignKeyViolation(error, 'roles_site_id_fkey')) throw problem('site_not_found');
    throw error;
  }
}
