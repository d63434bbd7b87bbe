import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{packages,services}/*/test/**/*.test.ts', 'suite/test/**/*.test.ts'],
    globalSetup: ['./packages/test-servers/src/global-setup.ts'],
    pool: 'forks',
    testTimeout: 20_000,
    hookTimeout: 20_000,
    reporters: ['default', './packages/test-servers/src/plain-line-reporter.ts'],
  },
});
