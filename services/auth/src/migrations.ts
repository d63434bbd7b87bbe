import { type Migration, migrate } from '@gaia/database/migrate';
import { users } from '../migrations/0001-users.ts';

/** The schema that holds this service's tables. */
export const SCHEMA = 'auth';

const migrations: readonly Migration[] = [users];

/** Brings the service's schema up to date; gives the names of what was done. Throws MigrationError, DatabaseUnavailable. */
export function migrateAuth(config: { readonly DATABASE_URL: string }): Promise<readonly string[]> {
  return migrate({ url: config.DATABASE_URL, schema: SCHEMA, migrations });
}
