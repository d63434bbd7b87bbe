import { contractRedis, redisUnavailableReason } from '@gaia/test-servers/state';
import { describe } from 'vitest';
import { createRedisState } from '../src/redis/redis-state.ts';
import { stateContract } from './contract.ts';

const redis = contractRedis();

describe.skipIf(!redis)(`with Redis ${redis?.name ?? redisUnavailableReason()}`, () => {
  let opened = 0;
  stateContract('redis', async () => {
    opened += 1;
    const options = { url: redis?.url ?? '', prefix: `${redis?.prefix}-${opened}:` };
    return { state: createRedisState(options), peer: createRedisState(options) };
  });
});
