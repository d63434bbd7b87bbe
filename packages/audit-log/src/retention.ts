import { type PeriodicJob, startPeriodicJob } from '@gaia/http-service/periodic-job';
import type { AuditLog } from './audit-log.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export interface AuditRetentionOptions {
  readonly auditLog: Pick<AuditLog, 'forgetBefore'>;
  readonly days: number;
  readonly log: { error(details: object, message: string): void };
  now(): number;
}

/** Forgets what is older than so many days, once an hour; with 0, never. */
export function startAuditRetention({ auditLog, days, log, now }: AuditRetentionOptions): Pick<PeriodicJob, 'stop'> {
  if (days === 0) return { stop: async () => {} };
  const work = async () => {
    await auditLog.forgetBefore(now() - days * DAY_MS);
  };
  return startPeriodicJob({ name: 'audit retention', everyMs: HOUR_MS, work, log });
}
