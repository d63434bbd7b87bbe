import { randomUUID } from 'node:crypto';
import { contractRedis, redisUnavailableReason } from '@gaia/test-servers/state';
import { describe, expect, it, vi } from 'vitest';
import { createKeys } from '../../src/redis/keys.ts';
import { createRedisFamilies } from '../../src/redis/redis-families.ts';
import type { Family } from '../../src/state.ts';
import { connected } from './connected.ts';

const server = contractRedis();
const NOW = 1_900_000_000_000;
const IDLE = 60_000;

let made = 0;
function family(sub: string): Family {
  made += 1;
  return {
    sid: `sid-${made}`,
    sub,
    site: 'site-a.localhost',
    clientId: 'gaia',
    amr: ['pwd'],
    userAgent: 'a browser',
    address: '203.0.113.7',
    createdAt: NOW,
    sequence: 1,
    rotatedAt: NOW,
    absoluteEnd: NOW + 10 * IDLE,
  };
}

describe.skipIf(!server)(`a family that begins ${server?.name ?? redisUnavailableReason()}`, () => {
  function opened() {
    const { connection, run } = connected(server?.url ?? '', 5_000);
    const keys = createKeys(`families-${randomUUID()}:`);
    const families = createRedisFamilies(connection, keys, run);
    const sent = () => evalsha.mock.calls.map((call) => String(call[2]));
    const evalsha = vi.spyOn(connection.client, 'evalsha');
    return { connection, keys, families, sent };
  }

  it('is written before its entry in the user’s list, in one step, also by the first that a connection writes', async () => {
    const { keys, families, sent } = opened();
    // Redis may not know the scripts yet; it does after the first.
    await families.create(family('user-1'), IDLE, NOW);
    const begun = sent().length;
    const one = family('ann');
    await families.create(one, IDLE, NOW);
    expect(sent().slice(begun)).toEqual([keys.family(one.sid), keys.subject('ann')]);
    expect(await families.listBySubject('ann', NOW)).toMatchObject([{ sid: one.sid }]);
    expect(await families.listBySubject('user-1', NOW)).toHaveLength(1);
  });

  it('is listed although its entry came first and was dropped meanwhile', async () => {
    const { connection, keys, families, sent } = opened();
    await families.create(family('user-1'), IDLE, NOW);
    const one = family('ann');
    const evalsha = vi.mocked(connection.client.evalsha);
    // The family is refused once, as if Redis had come to it too late.
    evalsha.mockImplementationOnce((async () => {
      throw new Error('LATE the caller has stopped waiting');
    }) as unknown as typeof connection.client.evalsha);
    const begun = sent().length;
    await families.create(one, IDLE, NOW);
    expect(sent().slice(begun)).toEqual([
      keys.family(one.sid),
      keys.subject('ann'),
      keys.family(one.sid),
      keys.subject('ann'),
    ]);
    expect(await families.listBySubject('ann', NOW)).toMatchObject([{ sid: one.sid }]);
  });

  it('is refused where there is one already', async () => {
    const { families } = opened();
    const one = family('ann');
    await families.create(one, IDLE, NOW);
    await expect(families.create(one, IDLE, NOW)).rejects.toMatchObject({ code: 'family_exists' });
    expect(await families.listBySubject('ann', NOW)).toHaveLength(1);
  });
});
