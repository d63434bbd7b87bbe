import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createMemoryState } from '../../src/memory/memory-state.ts';

describe('createMemoryState', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('starts every life with an epoch of its own', async () => {
    const epochs = await Promise.all(
      [1, 2, 3]
        .map(() => createMemoryState({ now: Date.now }))
        .map(async (state) => {
          const { epoch } = await state.revocations.head();
          await state.close();
          return epoch;
        }),
    );
    expect(new Set(epochs).size).toBe(3);
  });

  it('sweeps by the given clock without calls', async () => {
    vi.useFakeTimers();
    let now = 1_000;
    const state = createMemoryState({ now: () => now });
    await state.consumeOnce('reset', 'id', 2_000, now);
    expect(await state.consumeOnce('reset', 'id', 2_000, 1_500)).toBe(false);
    now = 1_000_000;
    vi.advanceTimersByTime(60_000);
    expect(await state.consumeOnce('reset', 'id', 2_000, 1_500)).toBe(true);
    await state.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not keep a process alive', async () => {
    const file = new URL('../../src/memory/memory-state.ts', import.meta.url);
    const code = `const { createMemoryState } = await import(${JSON.stringify(file.href)});
      const state = createMemoryState({ now: Date.now });
      await state.consumeOnce('reset', 'id', Date.now() + 60_000, Date.now());`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'inherit', timeout: 10_000 });
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});
