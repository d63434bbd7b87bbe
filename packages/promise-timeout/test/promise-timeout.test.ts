import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { TimeoutError, withTimeout } from '../src/promise-timeout.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('gives the value of a promise that settles in time, and keeps no timer', async () => {
  expect(await withTimeout(Promise.resolve(1), 1_000)).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
});

it('rejects as the promise does', async () => {
  await expect(withTimeout(Promise.reject(new Error('its own')), 1_000)).rejects.toThrow('its own');
  expect(vi.getTimerCount()).toBe(0);
});

it('rejects with TimeoutError when the time is over', async () => {
  const late = expect(withTimeout(new Promise(() => {}), 1_000)).rejects.toEqual(new TimeoutError(1_000));
  await vi.advanceTimersByTimeAsync(1_000);
  await late;
});
