import { join } from 'node:path';
import { expect, it } from 'vitest';
import { generatedParts } from '../src/documentation.ts';

it('is in step with the code (npm run docs writes it)', async () => {
  for (const part of await generatedParts(join(import.meta.dirname, '..', '..'))) {
    expect(part.now, part.name).toBe(part.wanted);
  }
});
