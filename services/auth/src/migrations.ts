import { type Migration, migrate } from '@gaia/database/migrate';
import { users } from '../migrations/0001-users.ts';
import { auditLog } from '../migrations/0002-audit-log.ts';
import { keyLife } from '../migrations/0003-key-life.ts';
import { serviceAccounts } from '../migrations/0004-service-accounts.ts';
import { customRoles } from '../migrations/0005-custom-roles.ts';
import { mailOutbox } from '../migrations/0010-mail-outbox.ts';
import { selfService } from '../migrations/0011-self-service.ts';
import { siteOrigins } from '../migrations/0012-site-origins.ts';
import { addressProof } from '../migrations/0020-address-proof.ts';
import { usernameSkeleton } from '../migrations/0021-username-skeleton.ts';
import { erasureOutbox } from '../migrations/0040-erasure-outbox.ts';
import { userLists } from '../migrations/0041-user-lists.ts';
import { clientSecrets } from '../migrations/0060-client-secrets.ts';
import { deviceLanguage } from '../migrations/0061-device-language.ts';

/** The schema that holds this service's tables. */
export const SCHEMA = 'auth';

const migrations: readonly Migration[] = [
  users,
  auditLog,
  keyLife,
  serviceAccounts,
  customRoles,
  mailOutbox,
  selfService,
  siteOrigins,
  addressProof,
  usernameSkeleton,
  erasureOutbox,
  userLists,
  clientSecrets,
  deviceLanguage,
];

/** Brings the service's schema up to date; gives the names of what was done. Throws MigrationError, DatabaseUnavailable. */
export function migrateAuth(config: { readonly DATABASE_URL: string }): Promise<readonly string[]> {
  return migrate({ url: config.DATABASE_URL, schema: SCHEMA, migrations, extensions: ['pg_trgm'] });
}
