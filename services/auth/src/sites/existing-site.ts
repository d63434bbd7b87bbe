import type { Kysely } from 'kysely';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';

/**
 * What belongs to a site, as it was read; where that is nothing, throws site_not_found if there is no such site. Only an
 * administrator of the installation gets so far with an unknown site.
 */
export async function ofKnownSite<Item>(
  database: Kysely<AuthTables>,
  site: string,
  items: readonly Item[],
): Promise<readonly Item[]> {
  if (items.length > 0) return items;
  const known = await database.selectFrom('sites').select('id').where('id', '=', site).executeTakeFirst();
  if (known === undefined) throw problem('site_not_found');
  return items;
}
