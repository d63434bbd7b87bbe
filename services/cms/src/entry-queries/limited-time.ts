import { DatabaseUnavailable } from '@gaia/database/errors';
import { sql } from 'kysely';
import type { CmsDatabase, CmsReader } from '../database.ts';
import { problem } from '../errors.ts';
import { type Filter, fieldFilters } from './filter.ts';

/** Time for a list that no index answers. */
const TIMEOUT_MS = 4_000;

interface Query {
  readonly database: CmsDatabase;
  readonly conjuncts: readonly Filter[];
  readonly sort: string;
}

/** Reads a list that may take long. Throws `query_too_expensive`, naming what it is filtered and sorted by. */
export async function inLimitedTime<T>(query: Query, read: (reader: CmsReader) => Promise<T>): Promise<T> {
  try {
    return await query.database.transaction().execute(async (transaction) => {
      // A plan that is good for any values knows nothing of how many rows these ones let through.
      await sql`select set_config('statement_timeout', ${String(TIMEOUT_MS)}, true),
        set_config('plan_cache_mode', 'force_custom_plan', true)`.execute(transaction);
      return read(transaction);
    });
  } catch (error) {
    if (!isTimeout(error)) throw error;
    throw problem('query_too_expensive', { detail: describe(query), cause: error });
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof DatabaseUnavailable && (error.cause as { code?: unknown } | undefined)?.code === '57014';
}

function describe({ conjuncts, sort }: Query): string {
  const fields = [...new Set(conjuncts.flatMap(fieldFilters).map(({ field }) => field))];
  const filter = fields.length === 0 ? 'without a filter' : `filtered by ${fields.join(', ')}`;
  return `The list ${filter} and sorted by ${sort} takes longer than ${TIMEOUT_MS / 1_000} seconds.`.slice(0, 400);
}
