import { integer } from '@gaia/settings';

/** Settings of every service with an audit log. */
export const auditSettings = {
  AUDIT_RETENTION_DAYS: integer({
    doc: 'For how long the audit log is kept; 0: for ever',
    fallback: 400,
    min: 0,
    max: 36_600,
  }),
};
