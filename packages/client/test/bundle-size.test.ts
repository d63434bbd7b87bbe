import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import type { Vite } from 'vitest/node';

/** The Vite that the tests run on. */
const vite = createRequire(createRequire(import.meta.url).resolve('vitest/package.json'))('vite') as typeof Vite;
const LIMIT = 8_000;

it('costs a page at most 8 kB for signing in and content', { timeout: 120_000 }, async () => {
  const entry = join(import.meta.dirname, 'bundle-entry.ts');
  const built = await vite.build({
    configFile: false,
    envFile: false,
    logLevel: 'error',
    build: { write: false, minify: true, target: 'es2022', lib: { entry, formats: ['es'], fileName: 'entry' } },
  });
  const [result] = [built].flat();
  if (result === undefined || !('output' in result)) throw new Error('there is no bundle');
  const { code } = result.output[0];
  expect(code).toContain('/auth/refresh');
  expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(LIMIT);
  // A policy for content without unsafe-eval forbids these.
  expect(code).not.toMatch(/\beval\(|new Function\b/);
});
