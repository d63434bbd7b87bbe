import { contractRedis, redisUnavailableReason } from '@gaia/test-servers/state';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKeys } from '../../src/redis/keys.ts';
import { createRedisState } from '../../src/redis/redis-state.ts';
import type { State } from '../../src/state.ts';
import { DAY, familyOf } from '../opened.ts';

const server = contractRedis();
const start = Date.now();

describe.skipIf(!server)(`what lies in Redis ${server?.name ?? redisUnavailableReason()}`, () => {
  let redis: Redis;
  const states: State[] = [];
  let opened = 0;

  beforeAll(() => {
    redis = new Redis(server?.url ?? '');
  });
  afterAll(async () => {
    await Promise.all(states.map((state) => state.close()));
    redis.disconnect();
  });

  function fresh() {
    opened += 1;
    const prefix = `${server?.prefix}-${opened}:`;
    const state = createRedisState({ url: server?.url ?? '', prefix });
    states.push(state);
    return { state, prefix, keys: createKeys(prefix) };
  }

  async function keysOf(prefix: string): Promise<string[]> {
    const found: string[] = [];
    for await (const page of redis.scanStream({ match: `${prefix}*`, count: 1_000 })) found.push(...page);
    return found.sort();
  }

  it('has an end, every key of it', async () => {
    const { state, prefix } = fresh();
    await state.families.create(familyOf('a', start, { sub: 'anna' }), 7 * DAY, start);
    await state.families.create(familyOf('b', start, { sub: 'anna' }), 7 * DAY, start);
    await state.families.create(familyOf('c', start, { sub: 'bob' }), 7 * DAY, start);
    await state.families.rotate({ sid: 'a', sequence: 1, graceMs: 0, idleMs: 5 * DAY, now: start });
    await state.families.setSite('a', 'site-b.localhost', start);
    await state.families.end('b', start);
    await state.revocations.append({ kind: 'sid', id: 'b' }, start + DAY, start);
    await state.revocations.append({ kind: 'sid', id: 'c' }, start - DAY, start);
    await state.records.set('sessions', 'id', 1, start + DAY, start);
    await state.records.set('sessions', 'dead', 1, start, start);
    await state.records.add('locks', 'id', 1, start + DAY, start);
    await state.consumeOnce('reset', 'id', start + DAY, start);
    await state.consumeOnce('reset', 'old', start - DAY, start);
    await state.counters.add('logins', 1, DAY, start);
    await state.counters.add('logins', 1, DAY, start + 1);

    const days = Object.fromEntries(
      await Promise.all(
        (await keysOf(prefix)).map(async (key) => [
          key.slice(prefix.length),
          Math.round(((await redis.pttl(key)) / DAY) * 1_000) / 1_000,
        ]),
      ),
    );
    expect(days).toEqual({
      'family:a': 5,
      'family:c': 7,
      'subject:anna': 30,
      'subject:bob': 30,
      '{revocations}:entries': 1.001,
      '{revocations}:head': 32.001,
      'record:sessions:id': 1,
      'record:locks:id': 1,
      'consumed:reset:id': 1.001,
      'consumed:reset:old': 0.001,
      'counter:logins': 1,
    });
  });

  it('gives a head that was only read an end, and renews it when half is over', async () => {
    const { state, keys } = fresh();
    const { epoch } = await state.revocations.head();
    expect(await redis.pttl(keys.feedHead)).toBeGreaterThan(29 * DAY);
    await redis.pexpire(keys.feedHead, DAY);
    expect((await state.revocations.snapshot(start)).epoch).toBe(epoch);
    expect(await redis.pttl(keys.feedHead)).toBeGreaterThan(29 * DAY);
  });

  it('never lets the head end before an entry', async () => {
    const { state, keys } = fresh();
    await state.revocations.append({ kind: 'sid', id: 'long' }, start + 100 * DAY, start);
    await state.revocations.append({ kind: 'sid', id: 'short' }, start + DAY, start);
    await state.revocations.head();
    expect(await redis.pttl(keys.feedHead)).toBeGreaterThan(await redis.pttl(keys.feedEntries));
    expect(await redis.pttl(keys.feedEntries)).toBeGreaterThan(99 * DAY);
  });

  it('drops entries of the feed a minute after their end', async () => {
    const { state, keys } = fresh();
    await state.revocations.append({ kind: 'sid', id: 'a' }, start + 1_000, start);
    await state.revocations.append({ kind: 'sid', id: 'b' }, start + DAY, start + 60_999);
    expect(await redis.zcard(keys.feedEntries)).toBe(2);
    await state.revocations.append({ kind: 'sid', id: 'c' }, start + DAY, start + 61_000);
    expect(await redis.zcard(keys.feedEntries)).toBe(2);
  });

  it('reads a feed of many pages whole and in order', async () => {
    const { state, keys } = fresh();
    await state.revocations.head();
    const count = 12_345;
    const members = Array.from({ length: count }, (_, index) => {
      const expiresAt = start + 1_000 + ((index * 7_919) % count);
      return [expiresAt, `${index + 1} ${expiresAt} {"kind":"sid","id":"s${index + 1}"}`];
    });
    await redis.zadd(keys.feedEntries, ...members.flat());
    await redis.hset(keys.feedHead, 'sequence', String(count));
    const all = await state.revocations.snapshot(start);
    expect(all.entries.map((entry) => entry.sequence)).toEqual(Array.from({ length: count }, (_, index) => index + 1));
    expect((await state.revocations.snapshot(start + 1_000 + count - 11)).entries).toHaveLength(10);
  });

  it('passes on a kind of revocation that only a newer version knows', async () => {
    const { state, keys } = fresh();
    await state.revocations.head();
    await redis.zadd(keys.feedEntries, start + DAY, `1 ${start + DAY} {"kind":"site","id":"x"}`);
    await redis.hset(keys.feedHead, 'sequence', '1');
    expect((await state.revocations.snapshot(start)).entries).toMatchObject([
      { sequence: 1, revocation: { kind: 'site' } },
    ]);
  });

  it('keeps a family compact', async () => {
    const { state, keys } = fresh();
    await state.families.create(familyOf('V1StGXR8Z5jdHi6BmyTxx1', start), 7 * DAY, start);
    const key = keys.family('V1StGXR8Z5jdHi6BmyTxx1');
    expect(await redis.object('ENCODING', key)).toBe('listpack');
    expect(await redis.memory('USAGE', key)).toBeLessThan(500);
    for (let sequence = 1; sequence <= 20; sequence += 1) {
      const keyDigest = sequence.toString().padStart(22, 'k');
      await state.families.rotate({
        sid: 'V1StGXR8Z5jdHi6BmyTxx1',
        sequence,
        keyDigest,
        graceMs: 0,
        idleMs: DAY,
        now: start,
      });
    }
    expect(await redis.object('ENCODING', key)).toBe('listpack');
    expect(await redis.memory('USAGE', key)).toBeLessThan(1_200);
  });

  it('removes ended families from the index of a user', async () => {
    const { state, keys } = fresh();
    for (const sid of ['a', 'b', 'c']) await state.families.create(familyOf(sid, start, { sub: 'anna' }), DAY, start);
    await redis.del(keys.family('b'));
    const listed = await state.families.listBySubject('anna', start);
    expect(listed.map((family) => family.sid).sort()).toEqual(['a', 'c']);
    expect((await redis.zrange(keys.subject('anna'), '0', '-1')).sort()).toEqual(['a', 'c']);
  });

  it('leaves the index when a family is ended or reused', async () => {
    const { state, keys } = fresh();
    for (const sid of ['a', 'b', 'c']) await state.families.create(familyOf(sid, start, { sub: 'anna' }), DAY, start);
    await state.families.end('a', start);
    await state.families.rotate({ sid: 'b', sequence: 9, graceMs: 0, idleMs: DAY, now: start });
    expect(await redis.zrange(keys.subject('anna'), '0', '-1')).toEqual(['c']);
  });

  it('drops index entries that are past their absolute end with the next login', async () => {
    const { state, keys } = fresh();
    const login = (sid: string, now: number) => {
      const family = familyOf(sid, now, { sub: 'anna', absoluteEnd: now + DAY });
      return state.families.create(family, DAY, now);
    };
    await login('old', start);
    await login('new', start + DAY);
    expect(await redis.zrange(keys.subject('anna'), '0', '-1')).toEqual(['new']);
  });
});
