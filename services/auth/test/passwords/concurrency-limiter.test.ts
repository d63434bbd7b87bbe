import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createConcurrencyLimiter } from '../../src/passwords/concurrency-limiter.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Work that ends when it is told to. */
function job() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const work = vi.fn(() => promise);
  return { work, end: () => resolve('done'), fail: () => reject(new Error('failed')) };
}

describe('the concurrency limiter', () => {
  it('runs so many at a time, in the order of their coming', async () => {
    const limiter = createConcurrencyLimiter({ concurrency: 2, maxWaiting: 10, deadlineMs: 1_000 });
    const jobs = [job(), job(), job(), job()];
    const results = jobs.map(({ work }) => limiter.run(work));
    const started = async () => {
      await vi.advanceTimersByTimeAsync(0);
      return jobs.map(({ work }) => work.mock.calls.length);
    };
    expect(await started()).toEqual([1, 1, 0, 0]);
    expect(limiter.waiting()).toBe(2);
    jobs[1]?.end();
    expect(await started()).toEqual([1, 1, 1, 0]);
    jobs[0]?.end();
    expect(await started()).toEqual([1, 1, 1, 1]);
    jobs[2]?.end();
    jobs[3]?.end();
    expect(await Promise.all(results)).toEqual(['done', 'done', 'done', 'done']);
    expect(limiter.waiting()).toBe(0);
  });

  it('refuses at once when the queue is full, with a time to try again', async () => {
    const limiter = createConcurrencyLimiter({ concurrency: 1, maxWaiting: 1, deadlineMs: 1_000 });
    const [running, waiting, refused] = [job(), job(), job()];
    const results = [limiter.run(running.work), limiter.run(waiting.work)];
    await expect(limiter.run(refused.work)).rejects.toMatchObject({
      code: 'unavailable',
      statusCode: 503,
      headers: { 'retry-after': '1' },
    });
    expect(refused.work).not.toHaveBeenCalled();
    running.end();
    waiting.end();
    await Promise.all(results);
  });

  it('gives up waiting after the deadline, and the place goes to the next', async () => {
    const limiter = createConcurrencyLimiter({ concurrency: 1, maxWaiting: 5, deadlineMs: 1_000 });
    const [running, late, queued] = [job(), job(), job()];
    const first = limiter.run(running.work);
    const second = expect(limiter.run(late.work)).rejects.toMatchObject({ code: 'unavailable' });
    await vi.advanceTimersByTimeAsync(600);
    const third = limiter.run(queued.work);
    await vi.advanceTimersByTimeAsync(500);
    await second;
    running.end();
    await first;
    queued.end();
    expect(await third).toBe('done');
    expect(late.work).not.toHaveBeenCalled();
  });

  it('frees the place of work that fails', async () => {
    const limiter = createConcurrencyLimiter({ concurrency: 1, maxWaiting: 0, deadlineMs: 1_000 });
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const failing = job();
      const result = limiter.run(failing.work);
      failing.fail();
      await expect(result).rejects.toThrow('failed');
    }
  });
});
