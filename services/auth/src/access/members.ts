import { isForeignKeyViolation } from '@gaia/database/errors';
import type { Kysely, Transaction } from 'kysely';
import type { Actor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';
import { type Page, type PageRequest, pageOf } from '../pagination/page.ts';
import { type Caller, isAdministrator, requireHolds } from '../permissions/permissions.ts';
import type { Revoker } from '../revocation/revoker.ts';
import { ofKnownSite } from '../sites/existing-site.ts';
import { lockAddressOf } from '../users/address-lock.ts';
import { nameLike } from '../users/user.ts';
import { requireOtherOwner } from './last-holders.ts';
import { ownPermissions } from './own-permissions.ts';
import { permissionsOfRoles } from './roles.ts';
import { scopesOf } from './site-access.ts';

export interface Member {
  readonly user: {
    readonly id: string;
    readonly email: string;
    readonly username: string | null;
    readonly name: string;
  };
  readonly roles: readonly string[];
  readonly createdAt: Date;
}

/** One site that a user belongs to. */
export interface Membership {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly string[];
}

export interface Members {
  /** Throws site_not_found. */
  list(site: string, request: PageRequest): Promise<Page<Member>>;
  /** Throws member_not_found. */
  get(site: string, user: string): Promise<Member>;
  /**
   * Sets a user's roles on a site. Tokens with the old ones end. Only administrators of the installation add who is no
   * member: managers of a site invite, and learn nothing of ids.
   * Throws site_not_found, user_not_found, member_not_found, forbidden, last_owner, validation_failed for a role that the
   * site does not have.
   */
  put(
    caller: Caller,
    by: Actor,
    site: string,
    user: string,
    roles: readonly string[],
  ): Promise<{ member: Member; isNew: boolean }>;
  /** Takes a user off a site. Throws member_not_found, forbidden, last_owner. */
  remove(caller: Caller, by: Actor, site: string, user: string): Promise<void>;
  /** The sites of a user, at most 1,000. */
  ofUser(user: string): Promise<readonly Membership[]>;
  /** What an administrator of the installation can act on as owner: the first 1,000 sites. */
  ofAdministrator(): Promise<readonly Membership[]>;
}

export interface MembersOptions {
  readonly database: Kysely<AuthTables>;
  readonly revoker: Pick<Revoker, 'revokeTokensOf'>;
  readonly audit: Audit;
  now(): number;
}

const MAX_SITES_LISTED = 1_000;

export function createMembers({ database, revoker, audit, now }: MembersOptions): Members {
  const selectMembers = (site: string) =>
    database
      .selectFrom('memberships')
      .innerJoin('users', 'users.id', 'memberships.user_id')
      .select(['users.id', 'users.email', 'users.username', 'users.name', 'memberships.roles'])
      .select('memberships.created_at as createdAt')
      .where('memberships.site_id', '=', site);

  async function get(site: string, user: string): Promise<Member> {
    const row = await selectMembers(site).where('memberships.user_id', '=', user).executeTakeFirst();
    if (row === undefined) throw problem('member_not_found');
    return memberOf(row);
  }

  return {
    get,
    list: async (site, { limit, after, like }) => {
      let query = selectMembers(site)
        .orderBy('users.id')
        .limit(limit + 1);
      if (after !== undefined) query = query.where('users.id', '>', after);
      if (like !== undefined) query = query.where(nameLike(like));
      const page = pageOf(await ofKnownSite(database, site, await query.execute()), limit, (row) => row.id);
      return { items: page.items.map(memberOf), nextCursor: page.nextCursor };
    },
    put: async (caller, by, site, user, given) => {
      const roles = [...new Set(given)].sort();
      const before = await refusingUnknown(() =>
        database.transaction().execute(async (transaction) => {
          requireHolds(caller, await permissionsOfRoles(transaction, site, roles));
          const held = await heldBy(transaction, site, user);
          if (held === undefined && !isAdministrator(caller)) throw problem('member_not_found');
          requireHolds(caller, scopesOf(held?.roles ?? [], held?.permissions ?? []));
          if (held?.roles.includes('owner') && !roles.includes('owner'))
            await requireOtherOwner(transaction, site, user);
          const at = new Date(now());
          await transaction
            .insertInto('memberships')
            .values({ user_id: user, site_id: site, roles, created_at: at, updated_at: at })
            .onConflict((conflict) => conflict.columns(['user_id', 'site_id']).doUpdateSet({ roles, updated_at: at }))
            .execute();
          await audit.append(transaction, by, { action: 'member.set', site, target: user, details: { roles } });
          return held?.roles;
        }),
      );
      // Also when nothing has changed: after a failure here the caller's second attempt must still cut.
      await revoker.revokeTokensOf(user);
      return { member: await get(site, user), isNew: before === undefined };
    },
    remove: async (caller, by, site, user) => {
      const removed = await database.transaction().execute(async (transaction) => {
        const emailKey = await lockAddressOf(transaction, user);
        const held = await heldBy(transaction, site, user);
        if (held === undefined) return undefined;
        requireHolds(caller, scopesOf(held.roles, held.permissions ?? []));
        if (held.roles.includes('owner')) await requireOtherOwner(transaction, site, user);
        await transaction.deleteFrom('memberships').where('site_id', '=', site).where('user_id', '=', user).execute();
        // An older link must not bring back who was taken off.
        for (const table of ['invitations', 'registrations'] as const) {
          await transaction.deleteFrom(table).where('email_key', '=', emailKey).where('site_id', '=', site).execute();
        }
        await audit.append(transaction, by, { action: 'member.remove', site, target: user });
        return held;
      });
      // Also when there was none: after a failure here the caller's second attempt must still cut.
      await revoker.revokeTokensOf(user);
      if (removed === undefined) throw problem('member_not_found');
    },
    ofUser: (user) =>
      database
        .selectFrom('memberships')
        .innerJoin('sites', 'sites.id', 'memberships.site_id')
        .select(['sites.id', 'sites.name', 'memberships.roles'])
        .where('memberships.user_id', '=', user)
        .orderBy('memberships.created_at')
        .orderBy('sites.id')
        .limit(MAX_SITES_LISTED)
        .execute(),
    ofAdministrator: async () => {
      const sites = await database
        .selectFrom('sites')
        .select(['id', 'name'])
        .orderBy('created_at')
        .orderBy('id')
        .limit(MAX_SITES_LISTED)
        .execute();
      return sites.map((site) => ({ ...site, roles: ['owner'] }));
    },
  };
}

interface MemberRow {
  readonly id: string;
  readonly email: string;
  readonly username: string | null;
  readonly name: string;
  readonly roles: readonly string[];
  readonly createdAt: Date;
}

function memberOf({ id, email, username, name, roles, createdAt }: MemberRow): Member {
  return { user: { id, email, username, name }, roles, createdAt };
}

/** A user's roles on a site, which stay until the transaction ends. */
function heldBy(transaction: Transaction<AuthTables>, site: string, user: string) {
  return transaction
    .selectFrom('memberships')
    .select(['memberships.roles', ownPermissions])
    .where('site_id', '=', site)
    .where('user_id', '=', user)
    .forUpdate()
    .executeTakeFirst();
}

async function refusingUnknown<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (isForeignKeyViolation(error, 'memberships_site_id_fkey')) throw problem('site_not_found');
    if (isForeignKeyViolation(error, 'memberships_user_id_fkey')) throw problem('user_not_found');
    throw error;
  }
}
