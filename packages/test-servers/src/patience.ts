import { vi } from 'vitest';

/** vitest's own second is over soon on a machine that runs much else. A test that fails waits longer, no other does. */
const PATIENCE_MS = 15_000;

const waitFor = vi.waitFor;

/** As vi.waitFor, but patient, unless a test says how long it waits. */
const waitPatiently: typeof waitFor = (callback, options) =>
  waitFor(callback, typeof options === 'number' ? options : { timeout: PATIENCE_MS, interval: 20, ...options });

// Read again for every test file, while `vi` stays the same in a worker.
if (waitFor.name !== waitPatiently.name) vi.waitFor = waitPatiently;
