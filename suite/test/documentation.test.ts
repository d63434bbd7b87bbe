import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { generatedParts } from '../src/documentation.ts';

const root = join(import.meta.dirname, '..', '..');

it('is in step with the code (npm run docs writes it)', async () => {
  for (const part of await generatedParts(root)) {
    expect(part.now, part.name).toBe(part.wanted);
  }
});

it('names only tests that there are, in the page for reviewers', async () => {
  const page = await readFile(join(root, 'docs', 'tokens-and-sessions.md'), 'utf8');
  const named = [...page.matchAll(/[\w./-]+\.test\.ts|(?<=`)bench\/[\w./-]+(?=`)/g)].map(([path]) => path);
  expect(named).toContain('suite/test/restart.test.ts');
  const missing = named.filter(
    (path) => !existsSync(join(root, 'services/auth/test', path)) && !existsSync(join(root, path)),
  );
  expect([...new Set(missing)]).toEqual([]);
});
