import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startPeriodicJob } from '../src/periodic-job.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a periodic job', () => {
  it('works again and again, also after a failure, until it is stopped', async () => {
    const error = vi.fn();
    const work = vi.fn(async () => {
      if (work.mock.calls.length === 1) throw new Error('broken');
    });
    const job = startPeriodicJob({ name: 'x', everyMs: 1_000, work, log: { error } });
    expect(work).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(work).toHaveBeenCalledTimes(3);
    expect(error).toHaveBeenCalledTimes(1);
    job.trigger();
    await vi.advanceTimersByTimeAsync(0);
    expect(work).toHaveBeenCalledTimes(4);
    await job.stop();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(work).toHaveBeenCalledTimes(4);
  });

  it('never works twice at a time, and once more for a trigger that came meanwhile', async () => {
    const gates: (() => void)[] = [];
    const work = vi.fn(() => new Promise<void>((resolve) => gates.push(resolve)));
    const job = startPeriodicJob({ name: 'x', everyMs: 1_000, work, log: { error: vi.fn() } });
    await vi.advanceTimersByTimeAsync(1_000);
    job.trigger();
    job.trigger();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(work).toHaveBeenCalledTimes(1);
    gates[0]?.();
    await vi.advanceTimersByTimeAsync(0);
    expect(work).toHaveBeenCalledTimes(2);
    const stopped = job.stop();
    gates[1]?.();
    await stopped;
    expect(work).toHaveBeenCalledTimes(2);
  });
});
