import { describe, expect, it } from 'vitest';
import { HOSTILE_IDS, type Open, useState } from './opened.ts';

const MINUTE = 60_000;

export function recordContract(name: string, open: Open): void {
  const start = Date.now();

  describe(`${name} records`, () => {
    const opened = useState(open);
    const records = () => opened().state.records;

    it.each([
      ['an object', { a: [1, { b: null }], text: 'é🦊\u0000' }],
      ['null', null],
      ['false', false],
      ['an empty text', ''],
      ['a text with a space', '12 34'],
      ['a key called __proto__', JSON.parse('{"__proto__": {"admin": true}}')],
    ])('gives back %s, until its end', async (_what, value) => {
      await records().set('sessions', 'id', value, start + MINUTE, start);
      expect(await opened().peer.records.get('sessions', 'id', start + MINUTE - 1)).toEqual(value);
      expect(await records().get('sessions', 'id', start + MINUTE)).toBeUndefined();
    });

    it('gives copies', async () => {
      const value = { roles: ['member'] };
      await records().set('sessions', 'id', value, start + MINUTE, start);
      value.roles.push('owner');
      expect(await records().get('sessions', 'id', start)).toEqual({ roles: ['member'] });
    });

    it('replaces value and end', async () => {
      await records().set('sessions', 'id', 1, start + MINUTE, start);
      await records().set('sessions', 'id', 2, start + 3 * MINUTE, start);
      expect(await records().get('sessions', 'id', start + 2 * MINUTE)).toBe(2);
    });

    it('deletes', async () => {
      await records().set('sessions', 'id', 1, start + MINUTE, start);
      expect(await records().delete('sessions', 'id')).toBe(true);
      expect(await records().delete('sessions', 'id')).toBe(false);
      expect(await records().get('sessions', 'id', start)).toBeUndefined();
    });

    it('deletes by setting an end that has passed', async () => {
      await records().set('sessions', 'id', 1, start + MINUTE, start);
      await records().set('sessions', 'id', 2, start, start);
      expect(await records().get('sessions', 'id', start - 1)).toBeUndefined();
    });

    it('adds only where nothing lives: a lock', async () => {
      expect(await records().add('locks', 'rotation', 'me', start + MINUTE, start)).toBe(true);
      expect(await opened().peer.records.add('locks', 'rotation', 'you', start + MINUTE, start)).toBe(false);
      expect(await records().get('locks', 'rotation', start)).toBe('me');
      expect(await records().add('locks', 'rotation', 'you', start + 3 * MINUTE, start + MINUTE - 1)).toBe(false);
      expect(await records().add('locks', 'rotation', 'you', start + 3 * MINUTE, start + MINUTE)).toBe(true);
      expect(await records().get('locks', 'rotation', start + MINUTE)).toBe('you');
    });

    it('lets one of 50 parallel adders in', async () => {
      const stores = [opened().state.records, opened().peer.records];
      const won = await Promise.all(
        Array.from({ length: 50 }, (_, index) => stores[index % 2]?.add('locks', 'x', index, start + MINUTE, start)),
      );
      expect(won.filter(Boolean)).toHaveLength(1);
    });

    it('keeps hostile ids and collections apart', async () => {
      for (const [index, id] of HOSTILE_IDS.entries()) {
        await records().set('sessions', id, `id ${index}`, start + MINUTE, start);
        await records().set(id, 'sessions', `collection ${index}`, start + MINUTE, start);
      }
      for (const [index, id] of HOSTILE_IDS.entries()) {
        expect(await records().get('sessions', id, start)).toBe(`id ${index}`);
        expect(await records().get(id, 'sessions', start)).toBe(`collection ${index}`);
      }
    });

    it.each([
      [
        ['a:b', 'c'],
        ['a', 'b:c'],
      ],
      [
        ['', 'a'],
        ['a', ''],
      ],
      [
        ['1:a', 'b'],
        ['1', 'a:b'],
      ],
    ])('keeps %j and %j apart', async ([firstCollection = '', firstId = ''], [collection = '', id = '']) => {
      await records().set(firstCollection, firstId, 'first', start + MINUTE, start);
      expect(await records().get(collection, id, start)).toBeUndefined();
    });

    it('takes 65,536 bytes and refuses one more', async () => {
      await records().set('big', 'id', 'x'.repeat(65_534), start + MINUTE, start);
      expect(await records().get('big', 'id', start)).toHaveLength(65_534);
      const tooBig = records().set('big', 'id', 'x'.repeat(65_535), start + MINUTE, start);
      await expect(tooBig).rejects.toBeInstanceOf(RangeError);
    });

    it.each([undefined, () => 1, Symbol('x')])('refuses %s, which JSON cannot hold', async (value) => {
      await expect(records().set('c', 'id', value, start + MINUTE, start)).rejects.toBeInstanceOf(TypeError);
      await expect(records().add('c', 'id', value, start + MINUTE, start)).rejects.toBeInstanceOf(TypeError);
    });

    it('refuses an end that is not a number', async () => {
      await expect(records().set('c', 'id', 1, Number.NaN, start)).rejects.toBeInstanceOf(RangeError);
    });
  });

  describe(`${name} consumed ids`, () => {
    const opened = useState(open);
    const consume = (id: string, expiresAt: number, now: number, purpose = 'reset') =>
      opened().state.consumeOnce(purpose, id, expiresAt, now);

    it('lets exactly one of 50 parallel callers through', async () => {
      const states = [opened().state, opened().peer];
      const won = await Promise.all(
        Array.from({ length: 50 }, (_, index) => states[index % 2]?.consumeOnce('reset', 'x', start + MINUTE, start)),
      );
      expect(won.filter(Boolean)).toHaveLength(1);
    });

    it('remembers for a minute after the end of the token', async () => {
      expect(await consume('x', start + MINUTE, start)).toBe(true);
      expect(await consume('x', start + MINUTE, start + 2 * MINUTE - 1)).toBe(false);
    });

    it('remembers for a minute what a verifier with skew still accepted after its end', async () => {
      expect(await consume('x', start - 20_000, start)).toBe(true);
      expect(await consume('x', start - 20_000, start + MINUTE - 1)).toBe(false);
    });

    it('keeps purposes apart', async () => {
      expect(await consume('x', start + MINUTE, start, 'reset')).toBe(true);
      expect(await consume('x', start + MINUTE, start, 'verify')).toBe(true);
      expect(await consume('b:c', start + MINUTE, start, 'a')).toBe(true);
      expect(await consume('c', start + MINUTE, start, 'a:b')).toBe(true);
    });

    it('keeps hostile ids apart', async () => {
      for (const id of HOSTILE_IDS) expect(await consume(id, start + MINUTE, start)).toBe(true);
      for (const id of HOSTILE_IDS) expect(await consume(id, start + MINUTE, start)).toBe(false);
    });
  });

  describe(`${name} counters`, () => {
    const opened = useState(open);
    const counters = () => opened().state.counters;

    it('counts in a window that starts with the first use', async () => {
      const endsAt = start + MINUTE;
      expect(await counters().add('logins', 1, MINUTE, start)).toEqual({ value: 1, endsAt });
      expect(await opened().peer.counters.add('logins', 5, MINUTE, start + 30_000)).toEqual({ value: 6, endsAt });
      expect(await counters().get('logins', start + MINUTE - 1)).toEqual({ value: 6, endsAt });
      expect(await counters().get('logins', start + MINUTE)).toBeUndefined();
      const next = { value: 1, endsAt: start + 2 * MINUTE };
      expect(await counters().add('logins', 1, MINUTE, start + MINUTE)).toEqual(next);
    });

    it('loses no count among 100 parallel additions', async () => {
      const stores = [opened().state.counters, opened().peer.counters];
      const seen = await Promise.all(
        Array.from({ length: 100 }, (_, index) => stores[index % 2]?.add('logins', 1, MINUTE, start)),
      );
      expect(new Set(seen.map((counter) => counter?.value)).size).toBe(100);
      expect((await counters().get('logins', start))?.value).toBe(100);
    });

    it('takes away and resets', async () => {
      await counters().add('logins', 5, MINUTE, start);
      expect(await counters().add('logins', -2, MINUTE, start)).toMatchObject({ value: 3 });
      await counters().reset('logins');
      await counters().reset('logins');
      expect(await counters().get('logins', start)).toBeUndefined();
    });

    it('forgets what is back at zero', async () => {
      await counters().add('logins', 2, MINUTE, start);
      expect(await counters().add('logins', -2, MINUTE, start + 1)).toMatchObject({ value: 0 });
      expect(await counters().get('logins', start + 1)).toBeUndefined();
      expect(await counters().add('logins', 0, MINUTE, start + 1)).toMatchObject({ value: 0 });
      expect(await counters().get('logins', start + 1)).toBeUndefined();
      const next = { value: 1, endsAt: start + 2 + MINUTE };
      expect(await counters().add('logins', 1, MINUTE, start + 2)).toEqual(next);
    });

    it('keeps hostile keys apart', async () => {
      for (const [index, key] of HOSTILE_IDS.entries()) await counters().add(key, index + 1, MINUTE, start);
      for (const [index, key] of HOSTILE_IDS.entries()) {
        expect(await counters().get(key, start)).toMatchObject({ value: index + 1 });
      }
    });

    it.each([
      ['half an amount', 0.5, MINUTE],
      ['an amount that is not a number', Number.NaN, MINUTE],
      ['a window of nothing', 1, 0],
      ['half a millisecond', 1, 0.5],
    ])('refuses %s', async (_what, amount, windowMs) => {
      await expect(counters().add('logins', amount, windowMs, start)).rejects.toBeInstanceOf(RangeError);
    });
  });
}
