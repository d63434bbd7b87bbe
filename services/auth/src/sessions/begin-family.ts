import type { Family, FamilyStore } from '@gaia/state/state';
import type { Actor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import type { Revoker } from '../revocation/revoker.ts';

/** Stores a new family. The sessions that make way for it end as in a logout: everywhere, and audited. */
export type BeginFamily = (family: Family, by: Actor) => Promise<void>;

export function createBeginFamily({
  families,
  revoker,
  audit,
  idleMs,
  now,
}: {
  readonly families: Pick<FamilyStore, 'create'>;
  readonly revoker: Pick<Revoker, 'endSession'>;
  readonly audit: Pick<Audit, 'note'>;
  readonly idleMs: number;
  now(): number;
}): BeginFamily {
  return async (family, by) => {
    const evicted = await families.create(family, idleMs, now());
    await Promise.all(
      evicted.map(async ({ sid, sub, site }) => {
        await revoker.endSession(sid);
        const details = { reason: 'too_many_sessions' };
        await audit.note(
          { ...by, subject: sub, sessionId: sid },
          { action: 'session.end', site, target: sub, details },
        );
      }),
    );
  };
}
