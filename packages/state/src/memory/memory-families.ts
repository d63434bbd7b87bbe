import {
  assertRotation,
  assertWhole,
  boundedFamily,
  evictionsFor,
  FAMILIES_PER_SUBJECT,
  idleEndOf,
  newestFirst,
  REMEMBERED_ROTATIONS,
} from '../bounds.ts';
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

  /** Digests by sid and by sequence modulo their number; apart from the families, whose records older versions wrote. */
  const rotationKeys = createExpiringMap<readonly (string | null)[]>({
    capacity,
    whenFull: 'refuse',
    storage: map('rotation-keys', 'awaited'),
  });

  function forget(sid: string): void {
    families.delete(sid);
    rotationKeys.delete(sid);
  }

  function rememberKey(
    sid: string,
    sequence: number,
    keyDigest: string | undefined,
    idleEnd: number,
    now: number,
  ): void {
    const known = rotationKeys.get(sid, now);
    if (known === undefined && keyDigest === undefined) return;
    const digests = Array.from({ length: REMEMBERED_ROTATIONS }, (_, slot) => known?.[slot] ?? null);
    digests[sequence % REMEMBERED_ROTATIONS] = keyDigest ?? null;
    rotationKeys.set(sid, digests, idleEnd, now);
  }

  /** Whether a token that is not current any more was rotated with this key. */
  function isRotationKey(
    { sid, sequence: current }: Family,
    sequence: number,
    keyDigest: string | undefined,
    now: number,
  ) {
    const isRemembered = sequence >= 1 && sequence < current && current - sequence <= REMEMBERED_ROTATIONS;
    return (
      isRemembered &&
      keyDigest !== undefined &&
      rotationKeys.get(sid, now)?.[sequence % REMEMBERED_ROTATIONS] === keyDigest
    );
  }

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
      for (const { sid } of evicted) forget(sid);
      return stored(evicted);
    },
    async rotate(request) {
      assertRotation(request);
      const { sid, sequence, keyDigest, graceMs, idleMs, now } = request;
      const family = families.get(sid, now);
      if (!family) {
        // A caller that got "ended" never sees the family again, even if another caller's clock is behind.
        forget(sid);
        return stored({ outcome: 'ended' });
      }
      if (sequence === family.sequence) {
        const successor = Object.freeze({ ...family, sequence: sequence + 1, rotatedAt: now });
        const idleEnd = idleEndOf(family, idleMs, now);
        rememberKey(sid, sequence, keyDigest, idleEnd, now);
        families.set(sid, successor, idleEnd, now);
        return stored({ outcome: 'rotated', family: successor });
      }
      if (isRotationKey(family, sequence, keyDigest, now)) {
        return stored({ outcome: sequence === family.sequence - 1 ? 'repeated' : 'superseded', family });
      }
      if (sequence >= 1 && sequence === family.sequence - 1 && now - family.rotatedAt <= graceMs) {
        return stored({ outcome: 'repeated', family });
      }
      forget(sid);
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
      forget(sid);
      return stored(family);
    },
    async listBySubject(sub, now) {
      return ofSubject(sub.toWellFormed(), now).sort(newestFirst);
    },
    sweep(now) {
      families.sweep(now);
      rotationKeys.sweep(now);
    },
  };
}
