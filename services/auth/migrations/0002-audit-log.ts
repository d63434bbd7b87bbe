import { createAuditTables } from '@gaia/audit-log/tables';
import type { Migration } from '@gaia/database/migrate';

export const auditLog: Migration = { name: '0002-audit-log', up: createAuditTables };
