import { startCuttableProxy } from '@gaia/test-servers/cuttable-proxy';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createRedisState } from '../../src/redis/redis-state.ts';
import type { Revocation, State } from '../../src/state.ts';
import { recordingListener } from '../contract-feed.ts';
import { DAY } from '../opened.ts';
import { type RedisProcess, redisCommand, startRedis, whyNoRedisServer } from '../redis-process.ts';

const reason = whyNoRedisServer();
const start = Date.now();
const timing = { timeoutMs: 1_500, keepAliveMs: 500 };
const soon = { timeout: 15_000, interval: 10 };
const sid = (id: string): Revocation => ({ kind: 'sid', id });

describe.skipIf(reason !== undefined)(`the push channel of the feed ${reason ?? ''}`, () => {
  const ending: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ending.splice(0).reverse()) await end();
  });

  async function started(): Promise<RedisProcess> {
    const redis = await startRedis();
    ending.push(redis.stop);
    return redis;
  }

  function opened(url: string): State {
    const state = createRedisState({ ...timing, url });
    ending.push(state.close);
    return state;
  }

  const connectionsOf = (listener: ReturnType<typeof recordingListener>) =>
    listener.events.filter((event) => typeof event === 'boolean');

  it.each<[string, (redis: RedisProcess) => Promise<() => void>]>([
    [
      'is killed',
      async (redis) => {
        await redisCommand(redis.port, 'CLIENT KILL TYPE pubsub');
        return () => {};
      },
    ],
    [
      'freezes',
      async (redis) => {
        redis.freeze();
        return redis.thaw;
      },
    ],
  ])('says so when its connection %s, and comes back', async (_what, hurt) => {
    const redis = await started();
    const state = opened(redis.url);
    const listener = recordingListener();
    await state.revocations.subscribe(listener);
    await state.revocations.append(sid('before'), start + DAY, start);
    await vi.waitFor(() => expect(listener.entries).toHaveLength(1), soon);
    const heal = await hurt(redis);
    await vi.waitFor(() => expect(connectionsOf(listener)).toContain(false), soon);
    heal();
    await vi.waitFor(() => expect(connectionsOf(listener).at(-1)).toBe(true), soon);
    await vi.waitFor(() => state.revocations.append(sid('after'), start + DAY, start), soon);
    await vi.waitFor(() => expect(listener.entries.at(-1)?.revocation).toEqual(sid('after')), soon);
    expect(connectionsOf(listener).slice(0, 3)).toEqual([true, false, true]);
  });

  it('notices a connection on which nothing comes any more, and what it missed is in the snapshot', async () => {
    const redis = await started();
    const way = await startCuttableProxy(redis.url);
    ending.push(way.close);
    const reader = opened(way.url);
    const writer = opened(redis.url);
    const listener = recordingListener();
    await reader.revocations.subscribe(listener);
    expect(listener.events).toEqual([true]);
    way.swallow();
    await writer.revocations.append(sid('missed'), start + DAY, start);
    await vi.waitFor(() => expect(connectionsOf(listener)).toEqual([true, false]), soon);
    way.restore();
    await vi.waitFor(() => expect(connectionsOf(listener)).toEqual([true, false, true]), soon);
    const snapshot = await vi.waitFor(() => reader.revocations.snapshot(start), soon);
    expect(snapshot.entries.map((entry) => entry.revocation)).toEqual([sid('missed')]);
    await writer.revocations.append(sid('after'), start + DAY, start);
    await vi.waitFor(() => expect(listener.entries.map((entry) => entry.revocation)).toEqual([sid('after')]), soon);
  });

  it('has another epoch after a crash in which Redis forgot everything', async () => {
    const redis = await started();
    const state = opened(redis.url);
    const listener = recordingListener();
    await state.revocations.subscribe(listener);
    await state.revocations.append(sid('lost'), start + DAY, start);
    const before = await state.revocations.snapshot(start);
    await redis.restart();
    await vi.waitFor(() => expect(connectionsOf(listener)).toEqual([true, false, true]), soon);
    const after = await vi.waitFor(() => state.revocations.snapshot(start), soon);
    expect(after).toMatchObject({ sequence: 0, entries: [] });
    expect(after.epoch).not.toBe(before.epoch);
  });

  it('subscribes while Redis is away, without waiting for it, and is told when it comes', async () => {
    const redis = await started();
    await redis.crash();
    const state = opened(redis.url);
    const listener = recordingListener();
    const startedAt = performance.now();
    const stop = await state.revocations.subscribe(listener);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(listener.events).toEqual([]);
    await redis.restart();
    await vi.waitFor(() => expect(listener.events).toEqual([true]), soon);
    await stop();
    await redis.crash();
    expect(listener.events).toEqual([true]);
  });

  it('shares one connection among listeners, and closes it after the last', async () => {
    const redis = await started();
    const state = opened(redis.url);
    const listeners = async () =>
      (await redisCommand(redis.port, 'CLIENT LIST TYPE pubsub')).split('name=gaia-feed').length - 1;
    const stops = [];
    for (let index = 0; index < 3; index += 1) stops.push(await state.revocations.subscribe(recordingListener()));
    expect(await listeners()).toBe(1);
    await Promise.all(stops.slice(1).map((stop) => stop()));
    expect(await listeners()).toBe(1);
    await stops[0]?.();
    await vi.waitFor(async () => expect(await listeners()).toBe(0), soon);
  });

  it('ignores what is not an entry', async () => {
    const redis = await started();
    const state = opened(redis.url);
    const listener = recordingListener();
    await state.revocations.subscribe(listener);
    for (const text of ['x', 'epoch', 'epoch 1', 'epoch 1 2 {', 'epoch 1 2 []', 'epoch -1 2 {"kind":"sid"}']) {
      await redisCommand(redis.port, `PUBLISH gaia:{revocations}:feed '${text.replaceAll('"', '\\"')}'`);
    }
    await state.revocations.append(sid('real'), start + DAY, start);
    await vi.waitFor(() => expect(listener.entries).toHaveLength(1), soon);
    expect(listener.entries[0]?.revocation).toEqual(sid('real'));
  });
});
