import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{packages,services}/*/test/**/*.test.ts', 'suite/test/**/*.test.ts'],
    globalSetup: ['./packages/test-servers/src/global-setup.ts'],
    setupFiles: ['./packages/test-servers/src/wait-for-timeout.ts'],
    expect: { poll: { timeout: 15_000 } },
    pool: 'forks',
    // The files that a worker runs share its modules: no file may leave something behind in one.
    isolate: false,
    // Much of the time is spent waiting for servers and sockets: more workers than the cores of a small machine.
    maxWorkers: 4,
    // On a shared CI machine a test gets a second attempt, and the reporter names it; elsewhere it fails at the first.
    retry: process.env.CI ? 1 : 0,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', './packages/test-servers/src/plain-line-reporter.ts'],
  },
});
