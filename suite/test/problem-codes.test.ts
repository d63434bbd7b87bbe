import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { sharedProblems } from '@gaia/http-service/problem-codes';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

interface Definition {
  readonly code: string;
  readonly title: string;
  readonly file: string;
}

/** Every line of a table of problems in the code, as the formatter writes it. */
const definitions: Definition[] = [];
for await (const file of glob('{packages,services}/*/src/**/*.ts', { cwd: root })) {
  for (const [, code = '', title = ''] of readFileSync(join(root, file), 'utf8').matchAll(
    /^ {2}(\w+): \{ status: \d{3}, title: '(.+)' \},$/gm,
  )) {
    definitions.push({ code, title, file });
  }
}

describe('problem codes', () => {
  it('are found in the shared table and in every service', () => {
    const files = new Set(definitions.map(({ file }) => file));
    expect([...files]).toEqual(
      expect.arrayContaining(
        ['auth', 'cms', 'assets', 'search', 'gateway'].map((service) => `services/${service}/src/errors.ts`),
      ),
    );
    const codes = definitions.map(({ code }) => code);
    expect(codes).toEqual(expect.arrayContaining(Object.keys(sharedProblems)));
  });

  it('are defined once, so that each has one status and one title', () => {
    const places = Map.groupBy(definitions, ({ code }) => code);
    expect([...places.values()].filter(({ length }) => length > 1)).toEqual([]);
  });

  it('have titles that are short and no sentences', () => {
    const sentences = definitions.filter(
      ({ title }) => title.length > 60 || /^(?:The|There|This|It|A|An)\b|[.;]/.test(title),
    );
    expect(sentences).toEqual([]);
  });
});
