import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Pulse, takePulse } from '../src/pulse.ts';
import { type Watch, watchQueries } from '../src/unanswered-queries.ts';

const now = () => Date.now();
let watch: Watch;
let pulse: Pulse;
let probes: PromiseWithResolvers<void>[];
const onChange = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  onChange.mockReset();
  probes = [];
  const probe = () => {
    const asked = Promise.withResolvers<void>();
    probes.push(asked);
    return asked.promise;
  };
  watch = watchQueries(20_000, now);
  pulse = takePulse({ watch, probe, onChange });
});
afterEach(() => {
  pulse.close();
  watch.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('takePulse', () => {
  it('asks nothing while nothing waits, or answers come', async () => {
    await vi.advanceTimersByTimeAsync(5_000);
    watch.start(() => expect.unreachable());
    for (let index = 0; index < 20; index += 1) {
      const answered = watch.start(() => expect.unreachable());
      await vi.advanceTimersByTimeAsync(200);
      answered(true);
    }
    expect(probes).toHaveLength(0);
  });

  it('gives up all that waits when the server answers nobody, and refuses until it does', async () => {
    const first = vi.fn();
    const second = vi.fn();
    watch.start(first);
    await vi.advanceTimersByTimeAsync(500);
    expect(probes).toHaveLength(1);
    watch.start(second);
    await vi.advanceTimersByTimeAsync(1_000);
    expect([first.mock.calls.length, second.mock.calls.length, pulse.isAway()]).toEqual([1, 1, true]);
    probes[0]?.reject(new Error('timeout'));
    await vi.advanceTimersByTimeAsync(250);
    expect(probes).toHaveLength(2);
    probes[1]?.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(pulse.isAway()).toBe(false);
    expect(onChange.mock.calls).toEqual([[true], [false]]);
  });

  it('leaves a slow query alone while the server lets others in', async () => {
    watch.start(() => expect.unreachable());
    for (let tick = 0; tick < 40; tick += 1) {
      await vi.advanceTimersByTimeAsync(250);
      probes.at(-1)?.resolve();
    }
    expect(probes.length).toBeGreaterThan(5);
    expect(probes.length).toBeLessThan(25);
    expect([pulse.isAway(), onChange.mock.calls.length]).toEqual([false, 0]);
  });

  it('believes an answer more than a probe that failed', async () => {
    watch.start(() => expect.unreachable());
    const answered = watch.start(() => expect.unreachable());
    await vi.advanceTimersByTimeAsync(500);
    answered(true);
    await vi.advanceTimersByTimeAsync(1_000);
    probes[0]?.reject(new Error('timeout'));
    await vi.advanceTimersByTimeAsync(0);
    expect(pulse.isAway()).toBe(false);
  });

  it('gives up what waits although every probe fails at once', async () => {
    const lost = vi.fn();
    watch.start(lost);
    for (let tick = 0; tick < 6; tick += 1) {
      await vi.advanceTimersByTimeAsync(250);
      probes.at(-1)?.reject(new Error('ENOTFOUND'));
    }
    expect([lost.mock.calls.length, pulse.isAway()]).toEqual([1, true]);
  });

  it('takes no broken connection for an answer', async () => {
    const lost = vi.fn();
    watch.start(lost);
    for (let index = 0; index < 15; index += 1) {
      const broken = watch.start(() => {});
      await vi.advanceTimersByTimeAsync(100);
      broken(false);
    }
    expect([lost.mock.calls.length, pulse.isAway()]).toEqual([1, true]);
  });

  it('finds nobody dead while the process itself is held up', async () => {
    watch.start(() => expect.unreachable());
    await vi.advanceTimersByTimeAsync(500);
    // All of its timers are due at once, before any answer could be read.
    probes[0]?.reject(new Error('timeout'));
    await vi.advanceTimersByTimeAsync(0);
    expect(pulse.isAway()).toBe(false);
  });
});
