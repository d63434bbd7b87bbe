import { assertWhole, boundedFamily, evictionsFor, FAMILIES_PER_SUBJECT, idleEndOf, newestFirst } from '../bounds.ts';
import { type Family, FamilyExists, type FamilyStore } from '../state.ts';
import { createExpiringMap } from './expiring-map.ts';

/** Families in this process. `sweep` forgets the dead. */
export function createMemoryFamilies(capacity: number): FamilyStore & { sweep(now: number): void } {
  const bySubject = new Map<string, Set<string>>();
  const families = createExpiringMap<Family>({
    capacity,
    whenFull: 'refuse',
    onForgotten: (_sid, family) => leaveSubject(family),
  });

  function leaveSubject(family: Family): void {
    const sids = bySubject.get(family.sub);
    sids?.delete(family.sid);
    if (sids?.size === 0) bySubject.delete(family.sub);
  }

  function remove(family: Family): void {
    families.delete(family.sid);
    leaveSubject(family);
  }

  function ofSubject(sub: string, now: number): Family[] {
    const living: Family[] = [];
    for (const sid of bySubject.get(sub) ?? []) {
      const family = families.get(sid, now);
      if (family) living.push(family);
    }
    return living;
  }

  return {
    async create(given, idleMs, now) {
      assertWhole({ idleMs, now });
      const family = boundedFamily(given);
      if (families.get(family.sid, now)) throw new FamilyExists();
      const idleEnd = idleEndOf(family, idleMs, now);
      if (idleEnd <= now) return [];
      families.set(family.sid, family, idleEnd, now);
      const sids = bySubject.get(family.sub) ?? new Set();
      bySubject.set(family.sub, sids.add(family.sid));
      if (sids.size <= FAMILIES_PER_SUBJECT) return [];
      const evicted = evictionsFor(family.sid, ofSubject(family.sub, now));
      for (const one of evicted) remove(one);
      return evicted;
    },
    async rotate({ sid, sequence, graceMs, idleMs, now }) {
      assertWhole({ sequence, graceMs, idleMs, now });
      const family = families.get(sid, now);
      if (!family) {
        // Whoever has been told "ended" never sees the family again, even if another caller's clock is behind.
        const dead = families.delete(sid);
        if (dead) leaveSubject(dead);
        return { outcome: 'ended' };
      }
      if (sequence === family.sequence) {
        const successor = Object.freeze({ ...family, sequence: sequence + 1, rotatedAt: now });
        families.set(sid, successor, idleEndOf(family, idleMs, now), now);
        return { outcome: 'rotated', family: successor };
      }
      if (sequence >= 1 && sequence === family.sequence - 1 && now - family.rotatedAt <= graceMs) {
        return { outcome: 'repeated', family };
      }
      remove(family);
      return { outcome: 'reused', family };
    },
    async get(sid, now) {
      return families.get(sid, now);
    },
    async setSite(sid, site, now) {
      const family = families.get(sid, now);
      if (!family) return false;
      families.replace(sid, Object.freeze({ ...family, site: site.toWellFormed() }));
      return true;
    },
    async end(sid, now) {
      const family = families.get(sid, now);
      const held = families.delete(sid);
      if (held) leaveSubject(held);
      return family;
    },
    async listBySubject(sub, now) {
      return ofSubject(sub.toWellFormed(), now).sort(newestFirst);
    },
    sweep: families.sweep,
  };
}
