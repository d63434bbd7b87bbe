import { describe, expect, it } from 'vitest';
import type { Family, FamilyStore } from '../src/state.ts';
import { DAY, familyOf, HOSTILE_IDS, type Open, useState } from './opened.ts';

const IDLE = 7 * DAY;
const GRACE = 30_000;

export function familyContract(name: string, open: Open): void {
  describe(`${name} families`, () => {
    const opened = useState(open);
    const families = () => opened().state.families;
    const start = Date.now();

    async function created(changes: Partial<Family> = {}, idleMs = IDLE): Promise<Family> {
      const family = familyOf('login-1', start, changes);
      await families().create(family, idleMs, start);
      return family;
    }

    const rotate = (sequence: number, now: number, store: FamilyStore = families()) =>
      store.rotate({ sid: 'login-1', sequence, graceMs: GRACE, idleMs: IDLE, now });

    it('gives back what was created, also to another replica', async () => {
      const family = await created();
      expect(await families().get('login-1', start)).toEqual(family);
      expect(await opened().peer.families.get('login-1', start)).toEqual(family);
    });

    it('knows nothing of other sids', async () => {
      await created();
      expect(await families().get('login-2', start)).toBeUndefined();
      expect(await families().end('login-2', start)).toBeUndefined();
      expect(await families().setSite('login-2', 'site-b.localhost', start)).toBe(false);
      expect(await families().rotate({ sid: 'login-2', sequence: 1, graceMs: 0, idleMs: 1, now: start })).toEqual({
        outcome: 'ended',
      });
    });

    it('keeps a family without a site, and empty texts', async () => {
      const family = await created({ site: undefined, userAgent: '', address: '', amr: [] });
      expect(await families().get('login-1', start)).toEqual(family);
    });

    it('keeps the first 512 characters of a user agent and 64 of an address', async () => {
      await created({ userAgent: 'ü🦊x'.repeat(1_000), address: '1'.repeat(100) });
      const kept = await families().get('login-1', start);
      expect(kept?.userAgent).toBe('ü🦊x'.repeat(128));
      expect(kept?.address).toBe('1'.repeat(64));
    });

    it('refuses a second family with the same sid', async () => {
      await created();
      await expect(created({ sub: 'another-user' })).rejects.toMatchObject({ code: 'family_exists' });
      expect((await families().get('login-1', start))?.sub).toBe('user of login-1');
    });

    it.each([
      ['a time that is not a number', { createdAt: Number.NaN }],
      ['an end that is not whole', { absoluteEnd: start + 0.5 }],
      ['an infinite end', { absoluteEnd: Number.POSITIVE_INFINITY }],
      ['a sequence of 0', { sequence: 0 }],
    ])('refuses %s', async (_what, changes) => {
      await expect(created(changes)).rejects.toBeInstanceOf(RangeError);
    });

    it('rotates the current token', async () => {
      const family = await created();
      const successor = { ...family, sequence: 2, rotatedAt: start + 1_000 };
      expect(await rotate(1, start + 1_000)).toEqual({ outcome: 'rotated', family: successor });
      expect(await families().get('login-1', start + 1_000)).toEqual(successor);
      expect(await rotate(2, start + 2_000)).toMatchObject({ outcome: 'rotated', family: { sequence: 3 } });
    });

    it.each([
      ['at once', 0],
      ['within the grace', 1],
      ['exactly at the end of the grace', GRACE],
      ['from a replica whose clock is behind', -2_000],
    ])('answers the token before with the same successor %s', async (_when, after) => {
      await created();
      const first = await rotate(1, start + 1_000);
      const again = await rotate(1, start + 1_000 + after);
      expect(again).toEqual({ ...first, outcome: 'repeated' });
      expect(await rotate(2, start + 60_000)).toMatchObject({ outcome: 'rotated' });
    });

    it('ends the family when the token before comes one millisecond after the grace', async () => {
      await created();
      await rotate(1, start + 1_000);
      const reuse = await rotate(1, start + 1_000 + GRACE + 1);
      expect(reuse).toMatchObject({ outcome: 'reused', family: { sid: 'login-1', sequence: 2 } });
      expect(await rotate(2, start + 40_000)).toEqual({ outcome: 'ended' });
      expect(await families().get('login-1', start)).toBeUndefined();
      expect(await families().listBySubject('user of login-1', start)).toEqual([]);
    });

    it.each([
      ['two before the current', 1],
      ['zero, before the first', 0],
      ['below zero', -1],
      ['never issued', 4],
      ['far ahead', 1_000_000],
    ])('ends the family for a token that is %s', async (_what, sequence) => {
      await created();
      await rotate(1, start);
      await rotate(2, start);
      expect(await rotate(sequence, start)).toMatchObject({ outcome: 'reused', family: { sequence: 3 } });
      expect(await rotate(3, start)).toEqual({ outcome: 'ended' });
    });

    describe('with a key', () => {
      const HOUR = 3_600_000;
      const withKey = (sequence: number, keyDigest: string | undefined, now: number, store = families()) =>
        store.rotate({ sid: 'login-1', sequence, keyDigest, graceMs: GRACE, idleMs: IDLE, now });

      it('gives the key of a rotation the same successor, long after the grace and at every replica', async () => {
        await created();
        const first = await withKey(1, 'key-1', start);
        expect(await withKey(1, 'key-1', start + HOUR, opened().peer.families)).toEqual({
          ...first,
          outcome: 'repeated',
        });
        expect(await withKey(1, 'key-1', start + 5 * DAY)).toEqual({ ...first, outcome: 'repeated' });
        expect(await withKey(2, 'key-2', start + 6 * DAY)).toMatchObject({
          outcome: 'rotated',
          family: { sequence: 3 },
        });
      });

      it('gives the key nothing once the successor was used, and ends nothing', async () => {
        await created();
        await withKey(1, 'key-1', start);
        const latest = await withKey(2, undefined, start + HOUR);
        expect(await withKey(1, 'key-1', start + HOUR)).toEqual({ ...latest, outcome: 'superseded' });
        expect(await withKey(3, 'key-3', start + HOUR)).toMatchObject({ outcome: 'rotated' });
      });

      it.each([
        ['another key', 1, 'key-2'],
        ['no key', 1, undefined],
        ['the key of another rotation', 2, 'key-1'],
        ['a key where the rotation had none', 3, 'key-3'],
        ['a key and a token that was never issued', 5, 'key-4'],
      ])('ends the family for %s after the grace', async (_what, sequence, key) => {
        await created();
        await withKey(1, 'key-1', start);
        await withKey(2, 'key-2', start);
        await withKey(3, undefined, start);
        expect(await withKey(sequence, key, start + GRACE + 1)).toMatchObject({ outcome: 'reused' });
        expect(await withKey(4, 'key-4', start + GRACE + 1)).toEqual({ outcome: 'ended' });
      });

      it('remembers the keys of the last 16 rotations', async () => {
        await created();
        for (let sequence = 1; sequence <= 17; sequence += 1) await withKey(sequence, `key-${sequence}`, start);
        expect(await withKey(2, 'key-2', start + HOUR)).toMatchObject({ outcome: 'superseded' });
        expect(await withKey(1, 'key-1', start + HOUR)).toMatchObject({ outcome: 'reused' });
      });

      it('forgets the key of a rotation with the family, not with a move to another site', async () => {
        await created({}, HOUR);
        await withKey(1, 'key-1', start);
        await families().setSite('login-1', 'site-b.localhost', start);
        expect(await withKey(1, 'key-1', start + HOUR)).toMatchObject({ family: { site: 'site-b.localhost' } });
        await families().end('login-1', start + HOUR);
        await families().create(familyOf('login-1', start + HOUR, { sequence: 2 }), IDLE, start + HOUR);
        expect(await withKey(1, 'key-1', start + 2 * HOUR)).toMatchObject({ outcome: 'reused' });
      });

      it.each([[''], ['k'.repeat(65)]])('refuses the digest %j', async (digest) => {
        await created();
        await expect(withKey(1, digest, start)).rejects.toBeInstanceOf(RangeError);
        expect(await rotate(1, start)).toMatchObject({ outcome: 'rotated' });
      });
    });

    it('takes token 0 of a new family for reuse, not for a repetition', async () => {
      await created();
      expect(await rotate(0, start)).toMatchObject({ outcome: 'reused' });
    });

    it('ends when it was idle: alive one millisecond before, dead at the end', async () => {
      await created({}, 60_000);
      expect(await families().get('login-1', start + 59_999)).toBeDefined();
      expect(await families().get('login-1', start + 60_000)).toBeUndefined();
      expect(await families().listBySubject('user of login-1', start + 60_000)).toEqual([]);
      expect(await families().setSite('login-1', 'site-b.localhost', start + 60_000)).toBe(false);
      expect(await rotate(1, start + 60_000)).toEqual({ outcome: 'ended' });
    });

    it('starts the idle life again with a rotation, not with a repetition', async () => {
      await created({}, 60_000);
      const request = { sid: 'login-1', sequence: 1, graceMs: GRACE, idleMs: 60_000 };
      expect(await families().rotate({ ...request, now: start + 50_000 })).toMatchObject({ outcome: 'rotated' });
      expect(await families().rotate({ ...request, now: start + 70_000 })).toMatchObject({ outcome: 'repeated' });
      expect(await families().get('login-1', start + 109_999)).toBeDefined();
      expect(await families().get('login-1', start + 110_000)).toBeUndefined();
    });

    it('ends at its absolute end however often it is refreshed', async () => {
      await created({ absoluteEnd: start + 100_000 }, 60_000);
      expect(await rotate(1, start + 50_000)).toMatchObject({ outcome: 'rotated' });
      expect(await rotate(2, start + 99_999)).toMatchObject({ outcome: 'rotated' });
      expect(await rotate(3, start + 100_000)).toEqual({ outcome: 'ended' });
    });

    it('never shows a family again after "ended", also to a caller whose clock is behind', async () => {
      await created({}, 60_000);
      expect(await rotate(1, start + 60_000)).toEqual({ outcome: 'ended' });
      expect(await rotate(1, start + 1)).toEqual({ outcome: 'ended' });
      expect(await families().get('login-1', start + 1)).toBeUndefined();
    });

    it('stores nothing for a family that is dead already', async () => {
      await created({ absoluteEnd: start });
      await created({}, 0);
      expect(await families().get('login-1', start)).toBeUndefined();
      expect(await families().listBySubject('user of login-1', start)).toEqual([]);
    });

    it('moves to another site and keeps the rest', async () => {
      const family = await created();
      expect(await families().setSite('login-1', 'site-b.localhost', start)).toBe(true);
      expect(await families().get('login-1', start)).toEqual({ ...family, site: 'site-b.localhost' });
      expect(await rotate(1, start)).toMatchObject({ family: { site: 'site-b.localhost', sequence: 2 } });
    });

    it('ends once', async () => {
      const family = await created();
      expect(await opened().peer.families.end('login-1', start)).toEqual(family);
      expect(await families().end('login-1', start)).toBeUndefined();
      expect(await families().get('login-1', start)).toBeUndefined();
      expect(await rotate(1, start)).toEqual({ outcome: 'ended' });
      expect(await families().setSite('login-1', 'site-b.localhost', start)).toBe(false);
    });

    it('does not claim to have ended what was dead', async () => {
      await created({}, 60_000);
      expect(await families().end('login-1', start + 60_000)).toBeUndefined();
      expect(await families().get('login-1', start)).toBeUndefined();
    });

    it('lists the living families of a user, newest first', async () => {
      for (const [sid, age] of Object.entries({ middle: 20, newest: 10, oldest: 30, dead: 15, other: 5 })) {
        const changes = { sub: sid === 'other' ? 'bob' : 'alice', absoluteEnd: start + age * DAY };
        await families().create(familyOf(sid, start - age, changes), sid === 'dead' ? 1 : IDLE, start - age);
      }
      const sids = async () => (await families().listBySubject('alice', start + 100)).map((family) => family.sid);
      expect(await sids()).toEqual(['newest', 'middle', 'oldest']);
      await families().end('middle', start + 100);
      expect(await sids()).toEqual(['newest', 'oldest']);
      expect(await families().listBySubject('unknown-user', start)).toEqual([]);
    });

    it('holds at most 1,000 families of a user: those of the client that holds most make way, least used first', async () => {
      const phone = await created({ sid: 'phone', sub: 'alice', userAgent: 'a phone' });
      const app = await created({ sid: 'app', sub: 'alice', clientId: 'app', userAgent: 'a script' });
      const login = (index: number) => {
        const family = familyOf(`login-${index}`, start + index, { sub: 'alice', userAgent: 'a script' });
        return families().create(family, IDLE, start + index);
      };
      expect((await inParallel(998, login)).flat()).toEqual([]);
      // Refreshed, and long ago: used nevertheless, and so kept longer than what never was.
      await families().rotate({ sid: 'login-1', sequence: 1, graceMs: GRACE, idleMs: IDLE, now: start + 999 });
      const evicted = await login(999);
      expect(evicted.map(({ sid }) => sid)).toEqual(Array.from({ length: 101 }, (_, index) => `login-${index + 2}`));
      const listed = await families().listBySubject('alice', start + 2_000);
      expect(listed).toHaveLength(900);
      expect(listed[0]?.sid).toBe('login-999');
      expect(listed.slice(-3)).toMatchObject([{ sid: 'login-1' }, app, phone]);
      for (const { sid } of evicted) expect(await families().get(sid, start + 2_000)).toBeUndefined();
    });

    it('evicts, of families that were all refreshed, the longest unused and never the newest', async () => {
      await inParallel(1_000, async (index) => {
        const sid = `login-${index}`;
        await families().create(familyOf(sid, start, { sub: 'alice' }), IDLE, start);
        const now = start + 1_001 - index;
        await families().rotate({ sid, sequence: 1, graceMs: GRACE, idleMs: IDLE, now });
      });
      const evicted = await families().create(familyOf('newest', start, { sub: 'alice' }), IDLE, start + 2_000);
      expect(evicted.map(({ sid }) => sid)).toEqual(
        Array.from({ length: 101 }, (_, index) => `login-${1_000 - index}`),
      );
    });

    it('gives each evicted family to one of several logins at a time', async () => {
      const login = (index: number, store: FamilyStore = families()) =>
        store.create(familyOf(`login-${index}`, start + index, { sub: 'alice' }), IDLE, start + index);
      await inParallel(1_000, (index) => login(index));
      const stores = [opened().state.families, opened().peer.families];
      const evicted = await Promise.all(
        Array.from({ length: 6 }, (_, index) => login(2_000 + index, stores[index % 2])),
      );
      const sids = evicted.flat().map(({ sid }) => sid);
      expect(new Set(sids).size).toBe(sids.length);
      expect(await families().listBySubject('alice', start + 3_000)).toHaveLength(1_006 - sids.length);
      expect(sids.length).toBeGreaterThanOrEqual(101);
    });

    it('lets exactly one of 50 parallel rotations win', async () => {
      await created();
      const stores = [opened().state.families, opened().peer.families];
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, (_, index) => rotate(1, start + 5, stores[index % 2])),
      );
      expect(outcomes.filter(({ outcome }) => outcome === 'rotated')).toHaveLength(1);
      expect(outcomes.filter(({ outcome }) => outcome === 'repeated')).toHaveLength(49);
      const successors = outcomes.map((rotation) => rotation.outcome !== 'ended' && rotation.family.sequence);
      expect(new Set(successors)).toEqual(new Set([2]));
    });

    it('keeps families with hostile sids and users apart', async () => {
      for (const [index, id] of HOSTILE_IDS.entries()) {
        await families().create(familyOf(id, start, { sub: `sub ${index}`, userAgent: `agent ${index}` }), IDLE, start);
      }
      for (const [index, id] of HOSTILE_IDS.entries()) {
        expect(await families().get(id, start)).toMatchObject({ sid: id, userAgent: `agent ${index}` });
        expect((await families().listBySubject(`sub ${index}`, start)).map((family) => family.sid)).toEqual([id]);
        expect(await families().end(id, start)).toMatchObject({ sid: id, sub: `sub ${index}` });
      }
    });

    it('keeps the lists of users with hostile ids apart', async () => {
      const users = HOSTILE_IDS.filter((id) => id.isWellFormed());
      for (const [index, sub] of users.entries()) {
        await families().create(familyOf(`login-${index}`, start, { sub }), IDLE, start);
      }
      for (const [index, sub] of users.entries()) {
        const listed = await families().listBySubject(sub, start);
        expect(listed.map((family) => [family.sid, family.sub])).toEqual([[`login-${index}`, sub]]);
      }
    });
  });
}

/** Calls with 1 to `count`, many at a time and in order. */
async function inParallel<T>(count: number, call: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let begun = 0; begun < count; begun += 100) {
    const some = Array.from({ length: Math.min(100, count - begun) }, (_, index) => call(begun + index + 1));
    results.push(...(await Promise.all(some)));
  }
  return results;
}
