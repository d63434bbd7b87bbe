import { createAuditTables, createPendingAuditTable } from '@gaia/audit-log/tables';
import type { Migration } from '@gaia/database/migrate';

export const auditLogMigration: Migration = {
  name: '0054-audit-log',
  up: async (database) => {
    await createAuditTables(database);
    await createPendingAuditTable(database);
  },
};
