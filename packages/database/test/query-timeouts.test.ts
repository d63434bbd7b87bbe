import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { trackQueryTimeouts } from '../src/query-timeouts.ts';

describe('query timeout tracker', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('times out queries without a response, once, and only those', () => {
    const timeouts = trackQueryTimeouts(1_000, () => Date.now());
    const timedOut = vi.fn();
    const answered = vi.fn();
    const later = vi.fn();
    timeouts.start(timedOut);
    timeouts.start(answered)(true);
    vi.advanceTimersByTime(900);
    expect(timedOut).not.toHaveBeenCalled();
    timeouts.start(later);
    vi.advanceTimersByTime(350);
    expect(timedOut).toHaveBeenCalledTimes(1);
    expect(later).not.toHaveBeenCalled();
    vi.advanceTimersByTime(5_000);
    expect(timedOut).toHaveBeenCalledTimes(1);
    expect(later).toHaveBeenCalledTimes(1);
    expect(answered).not.toHaveBeenCalled();
    timeouts.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('never times out with 0', () => {
    const timeouts = trackQueryTimeouts(0, () => Date.now());
    timeouts.start(() => expect.unreachable())(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});
