import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type HealthMonitor, startHealthMonitor } from '../src/health-monitor.ts';
import { type QueryTimeoutTracker, trackQueryTimeouts } from '../src/query-timeouts.ts';

const now = () => Date.now();
let timeouts: QueryTimeoutTracker;
let health: HealthMonitor;
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
  timeouts = trackQueryTimeouts(20_000, now);
  health = startHealthMonitor({ timeouts, probe, onChange });
});
afterEach(() => {
  health.close();
  timeouts.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('database health monitor', () => {
  it('does not probe without waiting queries or while responses arrive', async () => {
    await vi.advanceTimersByTimeAsync(5_000);
    timeouts.start(() => expect.unreachable());
    for (let index = 0; index < 20; index += 1) {
      const settled = timeouts.start(() => expect.unreachable());
      await vi.advanceTimersByTimeAsync(200);
      settled(true);
    }
    expect(probes).toHaveLength(0);
  });

  it('times out all queries of an unresponsive server, and is unavailable until a probe succeeds', async () => {
    const first = vi.fn();
    const second = vi.fn();
    timeouts.start(first);
    await vi.advanceTimersByTimeAsync(500);
    expect(probes).toHaveLength(1);
    timeouts.start(second);
    await vi.advanceTimersByTimeAsync(1_000);
    expect([first.mock.calls.length, second.mock.calls.length, health.isUnavailable()]).toEqual([1, 1, true]);
    probes[0]?.reject(new Error('timeout'));
    await vi.advanceTimersByTimeAsync(250);
    expect(probes).toHaveLength(2);
    probes[1]?.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(health.isUnavailable()).toBe(false);
    expect(onChange.mock.calls).toEqual([[true], [false]]);
  });

  it('does not time out a slow query while probes succeed', async () => {
    timeouts.start(() => expect.unreachable());
    for (let tick = 0; tick < 40; tick += 1) {
      await vi.advanceTimersByTimeAsync(250);
      probes.at(-1)?.resolve();
    }
    expect(probes.length).toBeGreaterThan(5);
    expect(probes.length).toBeLessThan(25);
    expect([health.isUnavailable(), onChange.mock.calls.length]).toEqual([false, 0]);
  });

  it('trusts a response more than a failed probe', async () => {
    timeouts.start(() => expect.unreachable());
    const settled = timeouts.start(() => expect.unreachable());
    await vi.advanceTimersByTimeAsync(500);
    settled(true);
    await vi.advanceTimersByTimeAsync(1_000);
    probes[0]?.reject(new Error('timeout'));
    await vi.advanceTimersByTimeAsync(0);
    expect(health.isUnavailable()).toBe(false);
  });

  it('times out queries when every probe fails at once', async () => {
    const timedOut = vi.fn();
    timeouts.start(timedOut);
    for (let tick = 0; tick < 6; tick += 1) {
      await vi.advanceTimersByTimeAsync(250);
      probes.at(-1)?.reject(new Error('ENOTFOUND'));
    }
    expect([timedOut.mock.calls.length, health.isUnavailable()]).toEqual([1, true]);
  });

  it('does not count a broken connection as a response', async () => {
    const timedOut = vi.fn();
    timeouts.start(timedOut);
    for (let index = 0; index < 15; index += 1) {
      const broken = timeouts.start(() => {});
      await vi.advanceTimersByTimeAsync(100);
      broken(false);
    }
    expect([timedOut.mock.calls.length, health.isUnavailable()]).toEqual([1, true]);
  });

  it('does not mistake a blocked event loop for a dead server', async () => {
    timeouts.start(() => expect.unreachable());
    await vi.advanceTimersByTimeAsync(500);
    // All of its timers are due at once, before any answer could be read.
    probes[0]?.reject(new Error('timeout'));
    await vi.advanceTimersByTimeAsync(0);
    expect(health.isUnavailable()).toBe(false);
  });
});
