import type { Kysely } from 'kysely';
import type { AuthTables } from '../database.ts';

/** Enough for who belongs to many sites. */
const MAX_SITES = 8;

/** Names and hosts of a site: what a password for it must not be made of (NIST SP 800-63B: context-specific words). */
export async function wordsOfSite(database: Kysely<AuthTables>, site: string): Promise<readonly string[]> {
  const row = await database.selectFrom('sites').select(['id', 'name']).where('id', '=', site).executeTakeFirst();
  return row === undefined ? [] : [row.name, row.id];
}

/** The same of the sites that a user belongs to. */
export async function wordsOfSites(database: Kysely<AuthTables>, user: string): Promise<readonly string[]> {
  const rows = await database
    .selectFrom('memberships')
    .innerJoin('sites', 'sites.id', 'memberships.site_id')
    .select(['sites.id', 'sites.name'])
    .where('memberships.user_id', '=', user)
    .orderBy('memberships.created_at')
    .limit(MAX_SITES)
    .execute();
  return rows.flatMap(({ id, name }) => [name, id]);
}
