import type { DeferredAudit } from '@gaia/audit-log/deferred';
import type { CmsTables } from './database.ts';

/** The audit log as features write it: an event in the transaction of its change, and a call when that is committed. */
export type Audit = Pick<DeferredAudit<CmsTables>, 'append' | 'committed'>;
