import { vi } from 'vitest';

/** vitest's own second is over soon on a machine that runs much else. A test that fails waits longer, no other does. */
const PATIENCE_MS = 15_000;

const waitFor = vi.waitFor;

/** As vi.waitFor, but patient, unless a test says how long it waits. */
vi.waitFor = (callback, options) =>
  waitFor(
    callback,
    typeof options === 'number' ? options : { timeout: PATIENCE_MS, interval: 20, ...options },
  ) as ReturnType<typeof waitFor<Awaited<ReturnType<typeof callback>>>>;
