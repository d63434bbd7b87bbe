import { isSerializationFailure } from '@gaia/database/errors';
import type { CmsDatabase, CmsTransaction } from './database.ts';
import { problem } from './errors.ts';

const ATTEMPTS = 4;

/**
 * Runs a transaction, again if PostgreSQL asks for it. Throws `busy` if that does not end; whatever `work` throws
 * undoes it and is thrown.
 */
export async function inTransaction<T>(
  database: CmsDatabase,
  work: (transaction: CmsTransaction) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await database.transaction().execute(work);
    } catch (error) {
      if (!isSerializationFailure(error)) throw error;
      if (attempt >= ATTEMPTS) throw problem('busy', { headers: { 'retry-after': '1' }, cause: error });
    }
  }
}
