import { type Kysely, sql } from 'kysely';
import type { AuthTables } from '../database.ts';
import { type CostShare, readCost } from './hash-cost.ts';

/** Hashes that are looked at, roughly. */
const SAMPLE = 20_000;
/** Costs that are told apart, the most frequent. */
const MAX_COSTS = 8;

/** What the stored password hashes cost, from a sample of the users; never reads more of a large table. */
export async function readHashCosts(database: Kysely<AuthTables>): Promise<readonly CostShare[]> {
  const size = await sql<{ rows: number }>`
    select reltuples::float8 as rows from pg_class where oid = 'users'::regclass`.execute(database);
  const percent = Math.min(100, (100 * SAMPLE) / Math.max(1, size.rows[0]?.rows ?? 1));
  const { rows } = await sql<{ cost: string; hashes: number }>`
    select split_part(password_hash, '$', 4) as cost, count(*)::int as hashes
    from users tablesample system (${percent}::real)
    where password_hash like '$argon2id$v=19$%'
    group by 1 order by 2 desc limit ${MAX_COSTS}`.execute(database);
  return rows.flatMap(({ cost, hashes }) => {
    const read = readCost(cost);
    return read === undefined ? [] : [{ cost: read, hashes }];
  });
}
