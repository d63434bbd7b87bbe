import { inspect } from 'node:util';
import { contractRedis, redisUnavailableReason } from '@gaia/test-servers/state';
import { describe, expect, it, vi } from 'vitest';
import { fencedScript, script } from '../../src/redis/script.ts';
import { connected } from './connected.ts';

const server = contractRedis();
const hello = fencedScript(`return ARGV[1] .. ' ' .. KEYS[1]`);

describe.skipIf(!server)(`a fenced script ${server?.name ?? redisUnavailableReason()}`, () => {
  const clockAt = (milliseconds: number) => [Math.floor(milliseconds / 1_000), (milliseconds % 1_000) * 1_000];

  it('runs while the caller waits, and asks for the clock once', async () => {
    const { connection, run } = connected(server?.url ?? '', 1_000);
    const time = vi.spyOn(connection.client, 'time');
    expect(await run(hello, ['key'], ['hello'])).toBe('hello key');
    expect(await run(hello, ['key'], ['again'])).toBe('again key');
    expect(time).toHaveBeenCalledTimes(1);
  });

  it('still runs after the clock of Redis was set forward by an hour', async () => {
    const { connection, run } = connected(server?.url ?? '', 1_000);
    const time = vi.spyOn(connection.client, 'time').mockResolvedValueOnce(clockAt(Date.now() - 3_600_000));
    expect(await run(hello, ['key'], ['hello'])).toBe('hello key');
    expect(time).toHaveBeenCalledTimes(2);
  });

  it('is refused when the deadline is over whatever clock is asked', async () => {
    const { connection, run } = connected(server?.url ?? '', 1_000);
    const time = vi.spyOn(connection.client, 'time').mockImplementation(async () => clockAt(Date.now() - 3_600_000));
    await expect(run(hello, ['key'], ['hello'])).rejects.toMatchObject({ code: 'state_unavailable' });
    expect(time).toHaveBeenCalledTimes(2);
  });

  it('asks for the clock again after it could not be read', async () => {
    const { connection, run } = connected(server?.url ?? '', 1_000);
    vi.spyOn(connection.client, 'time').mockRejectedValueOnce(new Error('of the test'));
    await expect(run(hello, ['key'], ['hello'])).rejects.toMatchObject({ code: 'state_unavailable' });
    expect(await run(hello, ['key'], ['hello'])).toBe('hello key');
  });

  it('reports an error of the script as unavailable, with the cause and without the arguments', async () => {
    const { run } = connected(server?.url ?? '', 1_000);
    const failing = script(`return redis.call('SET', KEYS[1])`);
    const error = await run(failing, ['key'], ['hidden-argument']).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'state_unavailable', cause: { message: expect.stringContaining('ERR') } });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('hidden-argument');
  });
});
