import { randomUUID } from 'node:crypto';
import { startCuttableProxy } from '@gaia/test-servers/cuttable-proxy';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createRedisState } from '../../src/redis/redis-state.ts';
import { type State, StateUnavailable } from '../../src/state.ts';
import { DAY, familyOf } from '../opened.ts';
import { type RedisProcess, redisCommand, startRedis, whyNoRedisServer } from '../redis-process.ts';

const reason = whyNoRedisServer();
const start = Date.now();
const timing = { timeoutMs: 300, keepAliveMs: 200 };

/** Every method that asks the backend. */
const methods: readonly [string, (state: State) => Promise<unknown>][] = [
  ['ping', (state) => state.ping()],
  ['consumeOnce', (state) => state.consumeOnce('reset', 'id', start + DAY, start)],
  ['families.create', (state) => state.families.create(familyOf(randomUUID(), start), DAY, start)],
  ['families.rotate', (state) => state.families.rotate({ sid: 's', sequence: 1, graceMs: 1, idleMs: 1, now: start })],
  ['families.get', (state) => state.families.get('s', start)],
  ['families.setSite', (state) => state.families.setSite('s', 'b', start)],
  ['families.end', (state) => state.families.end('s', start)],
  ['families.listBySubject', (state) => state.families.listBySubject('sub', start)],
  ['revocations.append', (state) => state.revocations.append({ kind: 'sid', id: 's' }, start + DAY, start)],
  ['revocations.snapshot', (state) => state.revocations.snapshot(start)],
  ['revocations.head', (state) => state.revocations.head()],
  ['records.get', (state) => state.records.get('c', 'id', start)],
  ['records.set', (state) => state.records.set('c', 'id', 1, start + DAY, start)],
  ['records.delete', (state) => state.records.delete('c', 'id')],
  ['records.add', (state) => state.records.add('c', 'id', 1, start + DAY, start)],
  ['counters.add', (state) => state.counters.add('c', 1, DAY, start)],
  ['counters.get', (state) => state.counters.get('c', start)],
  ['counters.reset', (state) => state.counters.reset('c')],
];

/** Calls every method at once; each must reject with StateUnavailable within `withinMs`. */
async function expectAllUnavailable(state: State, withinMs: number): Promise<void> {
  const startedAt = performance.now();
  await Promise.all(
    methods.map(([name, call]) =>
      call(state).then(
        () => expect.fail(`${name} answered`),
        (error: unknown) => {
          expect(error, name).toBeInstanceOf(StateUnavailable);
          expect(error, name).toMatchObject({ code: 'state_unavailable' });
        },
      ),
    ),
  );
  expect(performance.now() - startedAt).toBeLessThan(withinMs);
}

async function expectAllAnswer(state: State): Promise<void> {
  await vi.waitFor(() => state.ping(), { timeout: 15_000, interval: 20 });
  for (const [, call] of methods) await call(state);
}

describe.skipIf(reason !== undefined)(`Redis goes away ${reason ?? ''}`, () => {
  const ending: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ending.splice(0).reverse()) await end();
  });

  async function started(args: readonly string[] = []): Promise<RedisProcess> {
    const redis = await startRedis(args);
    ending.push(redis.stop);
    return redis;
  }

  function opened(options: Partial<Parameters<typeof createRedisState>[0]> & { url: string }): State {
    const state = createRedisState({ ...timing, ...options });
    ending.push(state.close);
    return state;
  }

  it('refuses within the time limit, then at once, where nothing listens', async () => {
    const redis = await started();
    await redis.crash();
    const state = opened({ url: redis.url });
    await expectAllUnavailable(state, 10_000);
    await vi.waitFor(() => expectAllUnavailable(state, 50), { timeout: 15_000 });
  });

  it('keeps the limit of a second by default', async () => {
    const redis = await started();
    const state = opened({ url: redis.url, timeoutMs: 1_000, keepAliveMs: 1_000 });
    await state.ping();
    redis.freeze();
    await expectAllUnavailable(state, 10_000);
    const refuseTenAtOnce = async () => {
      const startedAt = performance.now();
      for (let call = 0; call < 10; call += 1) await expect(state.ping()).rejects.toBeInstanceOf(StateUnavailable);
      expect(performance.now() - startedAt).toBeLessThan(500);
    };
    await vi.waitFor(refuseTenAtOnce, { timeout: 15_000 });
    redis.thaw();
  });

  it('does not wait for the time limit when the connection is lost', async () => {
    const redis = await started();
    const state = opened({ url: redis.url, timeoutMs: 5_000 });
    await state.ping();
    redis.freeze();
    const asked = expectAllUnavailable(state, 10_000);
    await redis.crash();
    await asked;
  });

  it('gives up a connection on which one command was not answered', async () => {
    const redis = await started();
    const way = await startCuttableProxy(redis.url);
    ending.push(way.close);
    const state = opened({ url: way.url, keepAliveMs: 60_000 });
    await state.ping();
    way.swallow();
    await expect(state.ping()).rejects.toBeInstanceOf(StateUnavailable);
    way.restore();
    await expectAllAnswer(state);
  });

  it('recovers by itself from a crash', async () => {
    const redis = await started();
    const state = opened({ url: redis.url });
    await expectAllAnswer(state);
    await redis.crash();
    await expectAllUnavailable(state, 10_000);
    await redis.restart();
    await expectAllAnswer(state);
  });

  it('recovers by itself when Redis was not there at the start', async () => {
    const redis = await started();
    await redis.crash();
    const state = opened({ url: redis.url });
    await expect(state.ping()).rejects.toBeInstanceOf(StateUnavailable);
    await redis.restart();
    await expectAllAnswer(state);
  });

  it('recovers by itself from a standstill', async () => {
    const redis = await started();
    const state = opened({ url: redis.url });
    await state.ping();
    redis.freeze();
    await expectAllUnavailable(state, 10_000);
    await vi.waitFor(() => expectAllUnavailable(state, 50), { timeout: 15_000 });
    redis.thaw();
    await expectAllAnswer(state);
  });

  it('is opened while Redis stands still, and recovers', async () => {
    const redis = await started();
    redis.freeze();
    const state = opened({ url: redis.url });
    await expectAllUnavailable(state, 10_000);
    redis.thaw();
    await expectAllAnswer(state);
  });

  it('recovers by itself from a network that swallows everything', async () => {
    const redis = await started();
    const way = await startCuttableProxy(redis.url);
    ending.push(way.close);
    const state = opened({ url: way.url });
    await state.ping();
    way.swallow();
    await expectAllUnavailable(state, 10_000);
    way.restore();
    await expectAllAnswer(state);
  });

  it('recovers by itself when its connection is killed', async () => {
    const redis = await started();
    const state = opened({ url: redis.url });
    await state.ping();
    await redisCommand(redis.port, 'CLIENT KILL TYPE normal SKIPME yes');
    await expectAllAnswer(state);
  });

  it('recovers by itself when Redis has forgotten its scripts', async () => {
    const redis = await started();
    const state = opened({ url: redis.url });
    await expectAllAnswer(state);
    await redisCommand(redis.port, 'SCRIPT FLUSH');
    await expectAllAnswer(state);
  });

  it('does nothing late that gives, and late what takes away', async () => {
    const redis = await started();
    const state = opened({ url: redis.url });
    const request = { sequence: 1, graceMs: 30_000, idleMs: DAY };
    await expectAllAnswer(state);
    const { sequence } = await state.revocations.head();
    for (const sid of ['rotated', 'ended']) await state.families.create(familyOf(sid, start), DAY, start);
    redis.freeze();
    await Promise.all(
      [
        state.families.rotate({ ...request, sid: 'rotated', now: start }),
        state.families.setSite('rotated', 'site-b.localhost', start),
        state.families.create(familyOf('created', start), DAY, start),
        state.consumeOnce('reset', 'late', start + DAY, start),
        state.records.add('locks', 'id', 'me', start + DAY, start),
        state.records.set('sessions', 'id', 'late', start + DAY, start),
        state.families.end('ended', start),
        state.revocations.append({ kind: 'sid', id: 'ended' }, start + DAY, start),
      ].map((call) => expect(call).rejects.toBeInstanceOf(StateUnavailable)),
    );
    redis.thaw();
    await vi.waitFor(() => state.ping(), { timeout: 15_000 });
    await vi.waitFor(async () => expect((await state.revocations.head()).sequence).toBe(sequence + 1), {
      timeout: 15_000,
    });
    expect(await state.families.get('ended', start)).toBeUndefined();
    // All six and the list entry of the family came to Redis, and were refused there.
    expect(await redisCommand(redis.port, 'INFO errorstats')).toContain('errorstat_LATE:count=7');

    const later = start + 60_000;
    expect(await state.families.get('created', later)).toBeUndefined();
    expect(await state.families.get('rotated', later)).toMatchObject({ sequence: 1, site: 'site-a.localhost' });
    const again = await state.families.rotate({ ...request, sid: 'rotated', now: later });
    expect(again).toMatchObject({ outcome: 'rotated', family: { sequence: 2 } });
    expect(await state.consumeOnce('reset', 'late', start + DAY, later)).toBe(true);
    expect(await state.records.add('locks', 'id', 'you', start + DAY, later)).toBe(true);
    expect(await state.records.get('sessions', 'id', later)).toBeUndefined();
  });

  it('reports a full memory as unavailable', async () => {
    const redis = await started(['--maxmemory', '1']);
    const state = opened({ url: redis.url });
    await expect(state.consumeOnce('reset', 'id', start + DAY, start)).rejects.toBeInstanceOf(StateUnavailable);
  });

  it('closes within the time limit during an outage, and refuses afterwards', async () => {
    const redis = await started();
    const state = opened({ url: redis.url });
    await state.ping();
    await redis.crash();
    const startedAt = performance.now();
    await state.close();
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    await expectAllUnavailable(state, 10_000);
    await expect(state.revocations.subscribe({ onEntry() {}, onConnection() {} })).rejects.toBeInstanceOf(
      StateUnavailable,
    );
  });
});
