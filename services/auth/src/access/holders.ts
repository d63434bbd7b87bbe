import { type Kysely, sql } from 'kysely';
import type { AuthTables } from '../database.ts';
import type { Revoker } from '../revocation/revoker.ts';

export interface HoldersOptions {
  readonly database: Kysely<AuthTables>;
  readonly revoker: Pick<Revoker, 'revokeTokensOf' | 'revokeEverything'>;
}

/** Beyond so many, one revocation for everybody is lighter on every service: each client then refreshes once. */
const MAX_SINGLE_REVOCATIONS = 5_000;
const AT_A_TIME = 50;

/** Condition: memberships that name the role; what the index on roles is for. */
export function holding(role: string) {
  return sql<boolean>`memberships.roles @> array[${role}]::text[]`;
}

/** Ends the access tokens of everybody who holds a role; their next refresh brings the present permissions. */
export async function revokeTokensOfHolders(
  { database, revoker }: HoldersOptions,
  site: string,
  role: string,
): Promise<void> {
  const holders = await database
    .selectFrom('memberships')
    .select('user_id as id')
    .where('site_id', '=', site)
    .where(holding(role))
    .limit(MAX_SINGLE_REVOCATIONS + 1)
    .execute();
  if (holders.length > MAX_SINGLE_REVOCATIONS) return revoker.revokeEverything();
  for (let index = 0; index < holders.length; index += AT_A_TIME) {
    await Promise.all(holders.slice(index, index + AT_A_TIME).map(({ id }) => revoker.revokeTokensOf(id)));
  }
}
