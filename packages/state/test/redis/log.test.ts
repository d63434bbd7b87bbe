import { inspect } from 'node:util';
import { startCuttableProxy } from '@gaia/test-servers/cuttable-proxy';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createRedisState, type RedisStateOptions } from '../../src/redis/redis-state.ts';
import type { State } from '../../src/state.ts';
import { startRedis, whyNoRedisServer } from '../redis-process.ts';

const reason = whyNoRedisServer();
const start = Date.now();

describe.skipIf(reason !== undefined)(`what an operator is told ${reason ?? ''}`, () => {
  const ending: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ending.splice(0).reverse()) await end();
  });

  async function started(args: readonly string[] = []) {
    const redis = await startRedis(args);
    ending.push(redis.stop);
    return redis;
  }

  function opened(options: Partial<RedisStateOptions> & { url: string }): { state: State; lines: string[] } {
    const lines: string[] = [];
    const log = {
      info: (details: object, message: string) => void lines.push(`info ${message} ${JSON.stringify(details)}`),
      warn: (details: object, message: string) => void lines.push(`warn ${message} ${JSON.stringify(details)}`),
    };
    const state = createRedisState({ timeoutMs: 300, keepAliveMs: 200, ...options, log });
    ending.push(state.close);
    return { state, lines };
  }

  it('is one line when Redis goes away and one when it is back, however long it takes', async () => {
    const redis = await started();
    const { state, lines } = opened({ url: redis.url });
    await state.ping();
    expect(lines).toEqual([]);
    await redis.crash();
    await vi.waitFor(() => expect(lines).toHaveLength(1), { timeout: 15_000 });
    await vi.waitFor(() => expect(state.ping()).rejects.toMatchObject({ cause: { message: /ECONNREFUSED/ } }), {
      timeout: 15_000,
    });
    await redis.restart();
    await vi.waitFor(() => expect(lines).toHaveLength(2), { timeout: 15_000 });
    expect(lines[0]).toMatch(/^warn Redis cannot be reached \{"connection":"gaia-state","reason":/);
    expect(lines[1]).toBe('info Redis answers again {"connection":"gaia-state"}');
  });

  it.each(['redis', 'rediss'])('names a %s server that takes connections and says nothing', async (protocol) => {
    const way = await startCuttableProxy(`${protocol}://127.0.0.1`);
    ending.push(way.close);
    way.swallow();
    const { lines } = opened({ url: way.url });
    await vi.waitFor(() => expect(lines.join()).toContain('cannot be reached'), { timeout: 15_000 });
  });

  it('never holds a password or a value', async () => {
    const redis = await started(['--requirepass', 'right-password']);
    const { state, lines } = opened({ url: redis.url.replace('//', '//gaia:wrong-password@') });
    const error = await state.records
      .set('sessions', 'secret-id', 'secret-value', start + 60_000, start)
      .catch((thrown: unknown) => thrown);
    await vi.waitFor(() => expect(lines.join()).toContain('WRONGPASS'), { timeout: 15_000 });
    expect(error).toMatchObject({ code: 'state_unavailable' });
    expect(inspect(error, { depth: 10, showHidden: true }) + lines.join()).not.toMatch(
      /secret-id|secret-value|wrong-password/,
    );
  });

  it('holds no argument of a command that Redis does not take', async () => {
    const redis = await started(['--rename-command', 'EVALSHA', 'NOT-EVALSHA']);
    const { state } = opened({ url: redis.url });
    const error = await state
      .consumeOnce('reset', 'secret-id', start + 60_000, start)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ cause: { message: expect.stringContaining('unknown command') } });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/secret-id|gaia:consumed/);
  });

  it.each([
    ['allkeys-lru', 1],
    ['volatile-ttl', 1],
    ['noeviction', 0],
  ])('warns of eviction with the policy %s: %i line', async (policy, count) => {
    const redis = await started(['--maxmemory-policy', policy]);
    const { state, lines } = opened({ url: redis.url });
    await state.ping();
    await vi.waitFor(() => expect(lines.filter((line) => line.includes('noeviction'))).toHaveLength(count), {
      timeout: 15_000,
    });
  });
});
