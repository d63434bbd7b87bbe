import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{packages,services}/*/test/**/*.test.ts', 'suite/test/**/*.test.ts'],
    globalSetup: ['./packages/test-servers/src/global-setup.ts'],
    pool: 'forks',
    // Much of the time is spent waiting for servers and sockets: more workers than the cores of a small machine.
    maxWorkers: 4,
    testTimeout: 20_000,
    hookTimeout: 20_000,
    reporters: ['default', './packages/test-servers/src/plain-line-reporter.ts'],
  },
});
