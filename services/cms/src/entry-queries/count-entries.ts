import { DatabaseUnavailable } from '@gaia/database/errors';
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { CmsDatabase } from '../database.ts';

/** Longest count, in milliseconds: it looks at every entry of the list. */
const COUNT_TIMEOUT_MS = 2_000;
const QUERY_CANCELED = '57014';

/** The exact number of rows of a query; undefined where counting takes too long. */
export async function countRows(
  database: CmsDatabase,
  from: RawBuilder<unknown>,
  conditions: readonly RawBuilder<SqlBool>[],
  timeoutMs = COUNT_TIMEOUT_MS,
): Promise<number | undefined> {
  try {
    return await database.transaction().execute(async (transaction) => {
      await sql`select set_config('statement_timeout', ${String(timeoutMs)}, true)`.execute(transaction);
      const { rows } = await sql<{ total: string }>`
        select count(*)::text as total from ${from} where ${sql.join(conditions, sql` and `)}`.execute(transaction);
      return Number(rows[0]?.total);
    });
  } catch (error) {
    if (error instanceof DatabaseUnavailable && (error.cause as { code?: string })?.code === QUERY_CANCELED) {
      return undefined;
    }
    throw error;
  }
}
