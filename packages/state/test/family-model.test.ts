import { contractRedis, redisUnavailableReason } from '@gaia/test-servers/state';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { createMemoryState } from '../src/memory/memory-state.ts';
import { createRedisState } from '../src/redis/redis-state.ts';
import { openSqliteState } from '../src/sqlite/sqlite-state.ts';
import type { Family, FamilyStore, State } from '../src/state.ts';
import { checkFamily, steps } from './family-model.ts';
import { openWriterHere, stateFiles } from './sqlite/files.ts';

/** `STATE_FAMILY_RUNS=1000` for the long form. */
const numRuns = Number(process.env.STATE_FAMILY_RUNS ?? 80);
const violation = /no order of|issued twice|had ended/;
let runs = 0;
const newFile = await stateFiles();

function familyProperty(replicas: readonly FamilyStore[]) {
  return fc.asyncProperty(steps, async (run) => {
    runs += 1;
    await checkFamily(replicas, `login-${runs}`, run);
  });
}

describe('a family as a state machine', () => {
  const states: State[] = [];
  afterAll(() => Promise.all(states.map((state) => state.close())));
  const redis = contractRedis();

  it('in memory', async () => {
    const state = createMemoryState({ now: Date.now });
    states.push(state);
    await fc.assert(familyProperty([state.families]), { numRuns: 3 * numRuns });
  });

  it('in memory and a file', async () => {
    const state = await openSqliteState({ file: newFile(), now: Date.now, openWriter: openWriterHere });
    states.push(state);
    await fc.assert(familyProperty([state.families]), { numRuns });
  });

  it.skipIf(!redis)(`in Redis, over three connections ${redisUnavailableReason() ?? ''}`, async () => {
    const options = { url: redis?.url ?? '', prefix: `${redis?.prefix}:` };
    const replicas = [createRedisState(options), createRedisState(options), createRedisState(options)];
    states.push(...replicas);
    await fc.assert(familyProperty(replicas.map((state) => state.families)), { numRuns });
  });

  it('finds a store whose rotation is not atomic', async () => {
    const result = await fc.check(familyProperty([storeThatReadsAndThenWrites()]), { numRuns: 500 });
    expect(String(result.errorInstance)).toMatch(violation);
  });

  it('finds a store that accepts an ended family', async () => {
    const state = createMemoryState({ now: Date.now });
    states.push(state);
    const { families } = state;
    const reviving: FamilyStore = {
      ...families,
      async rotate(request) {
        const rotation = await families.rotate(request);
        if (rotation.outcome === 'reused') await families.create(rotation.family, request.idleMs, request.now);
        return rotation;
      },
    };
    const result = await fc.check(familyProperty([reviving]), { numRuns: 500 });
    expect(String(result.errorInstance)).toMatch(violation);
  });
});

function storeThatReadsAndThenWrites(): FamilyStore {
  const { families } = createMemoryState({ now: Date.now });
  const held = new Map<string, Family>();
  return {
    ...families,
    async create(family) {
      held.set(family.sid, family);
      return [];
    },
    async rotate({ sid, sequence, now }) {
      const family = held.get(sid);
      await new Promise(setImmediate);
      if (!family || family.sequence !== sequence) return { outcome: 'ended' };
      const successor = { ...family, sequence: sequence + 1, rotatedAt: now };
      held.set(sid, successor);
      return { outcome: 'rotated', family: successor };
    },
  };
}
