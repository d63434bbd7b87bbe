import { defineConfig } from 'vitest/config';

/** The verifier's own tests, without the servers that other tests need. */
export default defineConfig({
  test: {
    include: ['packages/{jwks-cache,token-guard}/test/*.test.ts'],
    exclude: ['**/node_modules/**', '**/redis-*.test.ts'],
    testTimeout: 20_000,
    pool: 'threads',
  },
});
