import { sql, type Transaction } from 'kysely';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';
import { holding } from './holders.ts';

/** Makes changes wait for each other that could each take the last but one holder away. */
const LOCK = 'gaia auth last holders';

/** Named in an error or an audit entry. */
const MAX_SITES_NAMED = 100;

/**
 * Keeps the installation from losing its last administrator who can sign in. To be called before the transaction writes.
 * Throws last_administrator.
 */
export async function requireOtherAdministrator(transaction: Transaction<AuthTables>, user: string): Promise<void> {
  await lockHolders(transaction);
  const administrators = await transaction
    .selectFrom('users')
    .select('id')
    .where('administrator', '=', true)
    .where('disabled', '=', false)
    .limit(2)
    .execute();
  if (administrators.length === 1 && administrators[0]?.id === user) throw problem('last_administrator');
}

/**
 * Keeps a site from losing its last owner who can sign in. A site that has none already stays the business of the
 * installation's administrators. The transaction holds the row lock of the user's membership and has written nothing.
 * Throws last_owner.
 */
export async function requireOtherOwner(
  transaction: Transaction<AuthTables>,
  site: string,
  user: string,
): Promise<void> {
  await lockHolders(transaction);
  refuseLastOwner(await sitesOwnedAlone(transaction, user, site));
}

/**
 * Both, for a user who is to be disabled or deleted. With `force`, which is an administrator's to give, sites are left
 * without an owner; they are named, for the audit log. To be called before the transaction writes.
 * Throws last_administrator, last_owner.
 */
export async function requireOtherHolders(
  transaction: Transaction<AuthTables>,
  user: string,
  { force = false }: { readonly force?: boolean | undefined } = {},
): Promise<readonly string[]> {
  // Before the lock, as where one membership is changed: two orders would be a deadlock.
  await transaction
    .selectFrom('memberships')
    .select('site_id')
    .where('user_id', '=', user)
    .orderBy('site_id')
    .forUpdate()
    .execute();
  await requireOtherAdministrator(transaction, user);
  const sites = await sitesOwnedAlone(transaction, user);
  if (!force) refuseLastOwner(sites);
  return sites;
}

/** Read after the lock in a statement of its own, and so with what the transaction before it has changed. */
async function lockHolders(transaction: Transaction<AuthTables>): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${LOCK}, 0))`.execute(transaction);
}

/** The sites of which the user is an owner who can sign in, and nobody else is. */
async function sitesOwnedAlone(
  transaction: Transaction<AuthTables>,
  user: string,
  site?: string,
): Promise<readonly string[]> {
  let query = transaction
    .selectFrom('memberships')
    .innerJoin('users', 'users.id', 'memberships.user_id')
    .select('memberships.site_id as site')
    .where('memberships.user_id', '=', user)
    .where(holding('owner'))
    .where('users.disabled', '=', false)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('memberships as others')
            .innerJoin('users as owners', 'owners.id', 'others.user_id')
            .select('others.user_id')
            .whereRef('others.site_id', '=', 'memberships.site_id')
            .whereRef('others.user_id', '<>', 'memberships.user_id')
            .where(sql<boolean>`others.roles @> array['owner']`)
            .where('owners.disabled', '=', false),
        ),
      ),
    )
    .orderBy('memberships.site_id')
    .limit(MAX_SITES_NAMED);
  if (site !== undefined) query = query.where('memberships.site_id', '=', site);
  return (await query.execute()).map((row) => row.site);
}

function refuseLastOwner(sites: readonly string[]): void {
  if (sites.length === 0) return;
  throw problem('last_owner', {
    detail: 'The user is the only owner who can sign in. Give the role to another member first.',
    extensions: { sites },
  });
}
