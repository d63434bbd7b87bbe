import { vi } from 'vitest';

/** The second that vitest waits by default is too short on a loaded machine. Only failing tests wait longer. */
const TIMEOUT_MS = 15_000;

const waitFor = vi.waitFor;

const waitForWithTimeout: typeof waitFor = (callback, options) =>
  waitFor(callback, typeof options === 'number' ? options : { timeout: TIMEOUT_MS, interval: 20, ...options });

// Vitest loads this file for every test file, while `vi` stays the same in a worker.
if (waitFor.name !== waitForWithTimeout.name) vi.waitFor = waitForWithTimeout;
