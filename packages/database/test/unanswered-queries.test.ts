import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { watchQueries } from '../src/unanswered-queries.ts';

describe('watchQueries', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('gives up queries without an answer, once, and only those', () => {
    const watch = watchQueries(1_000, () => Date.now());
    const lost = vi.fn();
    const answered = vi.fn();
    const later = vi.fn();
    watch.start(lost);
    watch.start(answered)(true);
    vi.advanceTimersByTime(900);
    expect(lost).not.toHaveBeenCalled();
    watch.start(later);
    vi.advanceTimersByTime(350);
    expect(lost).toHaveBeenCalledTimes(1);
    expect(later).not.toHaveBeenCalled();
    vi.advanceTimersByTime(5_000);
    expect(lost).toHaveBeenCalledTimes(1);
    expect(later).toHaveBeenCalledTimes(1);
    expect(answered).not.toHaveBeenCalled();
    watch.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('waits for ever where the time is 0', () => {
    const watch = watchQueries(0, () => Date.now());
    watch.start(() => expect.unreachable())(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});
