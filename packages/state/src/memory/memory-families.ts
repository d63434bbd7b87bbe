import { assertWhole, boundedFamily, evictionsFor, FAMILIES_PER_SUBJECT, idleEndOf, newestFirst } from '../bounds.ts';
import { type Family, FamilyExists, type FamilyStore } from '../state.ts';
import { createExpiringMap } from './expiring-map.ts';
import type { Storage } from './storage.ts';

/** Families in this process. `sweep` forgets the dead. */
export function createMemoryFamilies(
  capacity: number,
  { map, settled }: Storage,
): FamilyStore & { sweep(now: number): void } {
  const bySubject = new Map<string, Set<string>>();
  const families = createExpiringMap<Family>({
    capacity,
    whenFull: 'refuse',
    storage: map('families', 'awaited'),
    onAdded(sid, { sub }) {
      const sids = bySubject.get(sub) ?? new Set();
      bySubject.set(sub, sids.add(sid));
    },
    onRemoved(sid, { sub }) {
      const sids = bySubject.get(sub);
      sids?.delete(sid);
      if (sids?.size === 0) bySubject.delete(sub);
    },
  });

  function ofSubject(sub: string, now: number): Family[] {
    const living: Family[] = [];
    for (const sid of bySubject.get(sub) ?? []) {
      const family = families.get(sid, now);
      if (family) living.push(family);
    }
    return living;
  }

  /** What came of an operation is told when it is stored, and so is everything that it rests on. */
  async function stored<T>(result: T): Promise<T> {
    await settled();
    return result;
  }

  return {
    async create(given, idleMs, now) {
      assertWhole({ idleMs, now });
      const family = boundedFamily(given);
      if (families.get(family.sid, now)) throw new FamilyExists();
      const idleEnd = idleEndOf(family, idleMs, now);
      if (idleEnd <= now) return [];
      families.set(family.sid, family, idleEnd, now);
      const isOver = (bySubject.get(family.sub)?.size ?? 0) > FAMILIES_PER_SUBJECT;
      const evicted = isOver ? evictionsFor(family.sid, ofSubject(family.sub, now)) : [];
      for (const { sid } of evicted) families.delete(sid);
      return stored(evicted);
    },
    async rotate({ sid, sequence, graceMs, idleMs, now }) {
      assertWhole({ sequence, graceMs, idleMs, now });
      const family = families.get(sid, now);
      if (!family) {
        // A caller that got "ended" never sees the family again, even if another caller's clock is behind.
        families.delete(sid);
        return stored({ outcome: 'ended' });
      }
      if (sequence === family.sequence) {
        const successor = Object.freeze({ ...family, sequence: sequence + 1, rotatedAt: now });
        families.set(sid, successor, idleEndOf(family, idleMs, now), now);
        return stored({ outcome: 'rotated', family: successor });
      }
      if (sequence >= 1 && sequence === family.sequence - 1 && now - family.rotatedAt <= graceMs) {
        return stored({ outcome: 'repeated', family });
      }
      families.delete(sid);
      return stored({ outcome: 'reused', family });
    },
    async get(sid, now) {
      return families.get(sid, now);
    },
    async setSite(sid, site, now) {
      const family = families.get(sid, now);
      if (family) families.replace(sid, Object.freeze({ ...family, site: site.toWellFormed() }));
      return stored(family !== undefined);
    },
    async end(sid, now) {
      const family = families.get(sid, now);
      families.delete(sid);
      return stored(family);
    },
    async listBySubject(sub, now) {
      return ofSubject(sub.toWellFormed(), now).sort(newestFirst);
    },
    sweep: families.sweep,
  };
}
