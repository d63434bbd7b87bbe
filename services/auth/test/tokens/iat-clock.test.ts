import { createMemoryState } from '@gaia/state/memory';
import { describe, expect, it } from 'vitest';
import { createRevoker } from '../../src/revocation/revoker.ts';
import { openIatClock } from '../../src/tokens/iat-clock.ts';
import { createClock } from '../support/auth-under-test.ts';

async function setUp() {
  const clock = createClock(1_000_000_400);
  const state = createMemoryState({ now: clock.now });
  const slept: number[] = [];
  const times = () =>
    openIatClock({
      revocations: state.revocations,
      now: clock.now,
      sleep: async (ms) => {
        slept.push(ms);
        clock.advance(ms);
      },
      log: { warn() {} },
    });
  return { clock, state, slept, times, revoker: createRevoker({ state, keysMaxStaleSeconds: 60, now: clock.now }) };
}

describe('the time that tokens carry', () => {
  it('is the present second, without a wait', async () => {
    const { times, slept } = await setUp();
    expect(await (await times()).next('ada')).toBe(1_000_000);
    expect(slept).toEqual([]);
  });

  it('lies behind the not-before of the subject, of that one only', async () => {
    const { times, slept, revoker } = await setUp();
    const iatClock = await times();
    await revoker.revokeTokensOf('ada');
    expect(await iatClock.next('bea')).toBe(1_000_000);
    expect(await iatClock.next('ada')).toBe(1_000_001);
    expect(slept).toEqual([600]);
    // The next revocation, of the same second, concerns what was just issued.
    await revoker.revokeTokensOf('ada');
    expect(await iatClock.next('ada')).toBe(1_000_002);
  });

  it('lies behind a not-before of everything, and behind those from before it was followed', async () => {
    const { times, slept, revoker } = await setUp();
    await revoker.revokeEverything();
    expect(await (await times()).next('anybody')).toBe(1_000_001);
    expect(slept).toEqual([600]);
  });

  it('waits no longer than two seconds for a clock that is far ahead', async () => {
    const { times, slept, state, clock } = await setUp();
    const iatClock = await times();
    const revocation = { kind: 'sub', id: 'ada', notBefore: 1_000_020 } as const;
    await state.revocations.append(revocation, clock.now() + 60_000, clock.now());
    expect(await iatClock.next('ada')).toBe(1_000_020);
    expect(slept).toEqual([2_000]);
  });

  it('is the clock’s alone while the feed does not answer', async () => {
    const warned: string[] = [];
    const iatClock = await openIatClock({
      revocations: {
        snapshot: () => Promise.reject(new Error('away')),
        subscribe: async () => async () => {},
      },
      now: () => 5_500,
      sleep: async () => {},
      log: { warn: (_details, message) => void warned.push(message) },
    });
    expect(await iatClock.next('ada')).toBe(5);
    expect(warned).toEqual(['the revocations could not be read']);
  });
});
