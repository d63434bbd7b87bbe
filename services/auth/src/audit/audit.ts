import type { Audit as AuditOf } from '@gaia/audit-log';
import type { AuthTables } from '../database.ts';

/** The audit log as this service writes it: chained in the transaction of the change, or many at a time. */
export type Audit = AuditOf<AuthTables>;
