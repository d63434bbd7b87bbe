import { networkOf } from '@gaia/http-service/client-network';
import { Problem } from '@gaia/http-service/problem';
import type { RecordStore } from '@gaia/state/state';
import type { Actor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import { digestOf } from '../throttling/login-throttle.ts';

/** Audits attempts that were refused unread: once in a while for each pair, so that a flood does not flood the log. */
export interface RefusedAttempts {
  /** Never rejects. */
  note(account: string, by: Actor, error: unknown): Promise<void>;
}

const EVERY_MS = 60_000;

export function createRefusedAttempts(options: {
  readonly records: Pick<RecordStore, 'add'>;
  readonly audit: Pick<Audit, 'note'>;
  now(): number;
}): RefusedAttempts {
  const { records, audit, now } = options;
  return {
    note: async (account, by, error) => {
      if (!(error instanceof Problem) || error.code !== 'rate_limited') return;
      const at = now();
      const pair = `${digestOf(account)}:${networkOf(by.address ?? '')}`;
      const isFirst = await records.add('login-refused', pair, true, at + EVERY_MS, at).catch(() => true);
      const details = { reason: 'rate_limited', account: digestOf(account) };
      if (isFirst) await audit.note(by, { action: 'session.open', outcome: 'refused', details });
    },
  };
}
