import { createMemoryState } from '@gaia/state/memory';
import { StateUnavailable } from '@gaia/state/state';
import { describe, expect, it } from 'vitest';
import { revokeForgottenTokens } from '../../src/revocation/forgotten-tokens.ts';
import { createRevoker } from '../../src/revocation/revoker.ts';

const NOW = 1_000_999;
const now = () => NOW;

function setUp() {
  const state = createMemoryState({ now });
  return { state, revoker: createRevoker({ state, keysMaxStaleSeconds: 60, now }) };
}

async function feedOf({ state }: ReturnType<typeof setUp>) {
  return (await state.revocations.snapshot(NOW)).entries;
}

describe('revoking', () => {
  it('name the second after the change and outlive the longest token', async () => {
    const setup = setUp();
    await setup.revoker.revokeTokensOf('ada');
    const [entry] = await feedOf(setup);
    expect(entry?.revocation).toEqual({ kind: 'sub', id: 'ada', notBefore: 1_001 });
    expect(entry?.expiresAt).toBeGreaterThanOrEqual(NOW + (1_800 + 30) * 1_000);
  });

  it('of a session are announced once, however often it ends', async () => {
    const setup = setUp();
    for (let attempt = 0; attempt < 3; attempt += 1) await setup.revoker.endSession('sid-1');
    expect((await feedOf(setup)).map((entry) => entry.revocation)).toEqual([{ kind: 'sid', id: 'sid-1' }]);
  });

  it('of a session are announced by the second attempt when the first failed', async () => {
    const setup = setUp();
    const { append } = setup.state.revocations;
    let attempts = 0;
    const revocations = {
      ...setup.state.revocations,
      append: (...given: Parameters<typeof append>) => {
        attempts += 1;
        return attempts === 1 ? Promise.reject(new StateUnavailable()) : append(...given);
      },
    };
    const { families, records } = setup.state;
    const revoker = createRevoker({ state: { families, records, revocations }, keysMaxStaleSeconds: 60, now });
    await expect(revoker.endSession('sid-1')).rejects.toThrow(StateUnavailable);
    await revoker.endSession('sid-1');
    expect(await feedOf(setup)).toHaveLength(1);
  });

  it('of what a process has forgotten are made once in the life of its state', async () => {
    const setup = setUp();
    for (let start = 0; start < 2; start += 1) await revokeForgottenTokens({ ...setup, now });
    expect((await feedOf(setup)).map((entry) => entry.revocation)).toEqual([{ kind: 'all', notBefore: 1_001 }]);
  });

  it('of everything are not made on state that outlives the process', async () => {
    const setup = setUp();
    await revokeForgottenTokens({ state: { ...setup.state, kind: 'redis' }, revoker: setup.revoker, now });
    expect(await feedOf(setup)).toEqual([]);
  });
});
