import type { Redis } from 'ioredis';
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
import type { Connection } from './connection.ts';
import { fromFields, toFields } from './family-fields.ts';
import { addToSubject, createFamily, endFamily, rotateFamily, setFamilySite } from './family-scripts.ts';
import { type Keys, keyPart } from './keys.ts';
import type { RunScript } from './script.ts';

/**
 * Families in Redis. The index of a subject lies in another slot than its families, so no script keeps them in step:
 * a family is written before its index entry and ended before it, and listing drops entries without a family.
 */
export function createRedisFamilies(connection: Connection, keys: Keys, run: RunScript): FamilyStore {
  async function readPart(client: Redis, part: string) {
    return { part, stored: fromFields(part, await client.call('HGETALL', keys.familyByPart(part))) };
  }

  async function leaveSubject(sub: string, parts: readonly string[]): Promise<void> {
    if (parts.length === 0) return;
    // The next list or the end of the index's life heals what fails here.
    await connection.run((client) => client.zrem(keys.subject(sub), ...parts)).catch(() => {});
  }

  async function ofSubject(sub: string, now: number): Promise<Family[]> {
    const index = keys.subject(sub);
    const found = await connection.run(async (client) => {
      const parts = await client.zrevrangebyscore(index, '+inf', `(${now}`, 'LIMIT', 0, FAMILIES_PER_SUBJECT * 2);
      return Promise.all(parts.map((part) => readPart(client, part)));
    });
    const dangling = found.filter(({ stored }) => stored === undefined).map(({ part }) => part);
    await leaveSubject(sub, dangling);
    return found.flatMap(({ stored }) => (stored && now < stored.idleEnd ? [stored.family] : []));
  }

  async function end(sid: string, now: number): Promise<Family | undefined> {
    const stored = fromFields(keyPart(sid), await run(endFamily, [keys.family(sid)], []));
    if (!stored) return undefined;
    await leaveSubject(stored.family.sub, [keyPart(sid)]);
    return now < stored.idleEnd ? stored.family : undefined;
  }

  /**
   * Several logins at a time may choose the same families; each family is given to the one that ended it. What fails here
   * is left to the next login.
   */
  async function evict(created: Family, now: number): Promise<readonly Family[]> {
    const chosen = evictionsFor(created.sid, await ofSubject(created.sub, now).catch(() => []));
    const ended = await Promise.allSettled(chosen.map(({ sid }) => end(sid, now)));
    return ended.flatMap((result) => (result.status === 'fulfilled' && result.value) || []);
  }

  return {
    async create(given, idleMs, now) {
      assertWhole({ idleMs, now });
      const family = boundedFamily(given);
      const idleEnd = idleEndOf(family, idleMs, now);
      const key = keys.family(family.sid);
      if (idleEnd <= now) return [];
      let isThere = false;
      const creating = run(createFamily, [key], [idleEnd - now, ...toFields(family, idleEnd)]).then((created) => {
        if (created !== 1) throw new FamilyExists();
        isThere = true;
      });
      const addEntry = () =>
        run(addToSubject, [keys.subject(family.sub)], [keyPart(family.sid), family.absoluteEnd, now]);
      // Sent together, and carried out in this order. If either fails the login fails: no client ever holds a token of the
      // family, which then dies unused.
      let [count] = await Promise.all([addEntry().then((counted) => (isThere ? counted : undefined)), creating]);
      // A family that had to be written again came after its entry, which a reader may have dropped meanwhile.
      count ??= await addEntry();
      return Number(count) > FAMILIES_PER_SUBJECT ? evict(family, now) : [];
    },
    async rotate(request) {
      assertRotation(request);
      const { sid, sequence, keyDigest = '', graceMs, idleMs, now } = request;
      const values = [sequence, graceMs, idleMs, now, keyDigest, REMEMBERED_ROTATIONS];
      const answer = await run(rotateFamily, [keys.family(sid)], values);
      const [outcome, flat] = Array.isArray(answer) ? answer : [];
      const family = fromFields(keyPart(sid), flat)?.family;
      if (family === undefined) return { outcome: 'ended' };
      if (outcome === 'rotated' || outcome === 'repeated' || outcome === 'superseded') return { outcome, family };
      await leaveSubject(family.sub, [keyPart(sid)]);
      return { outcome: 'reused', family };
    },
    async get(sid, now) {
      const { stored } = await connection.run((client) => readPart(client, keyPart(sid)));
      return stored && now < stored.idleEnd ? stored.family : undefined;
    },
    async setSite(sid, site, now) {
      assertWhole({ now });
      return (await run(setFamilySite, [keys.family(sid)], [site.toWellFormed(), now])) === 1;
    },
    end,
    async listBySubject(sub, now) {
      return (await ofSubject(sub.toWellFormed(), now)).sort(newestFirst).slice(0, FAMILIES_PER_SUBJECT);
    },
  };
}
