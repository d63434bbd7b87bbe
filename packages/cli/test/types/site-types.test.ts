import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { administrator, type FakeSuite, fakeLogin, guarded, startFakeSuite } from '../fake-suite.ts';
import { runGaia } from '../run-gaia.ts';
import { contentTypes } from './content-types.ts';

const root = join(import.meta.dirname, '..', '..', '..', '..');
const client = join(root, 'packages', 'client', 'src');
const site = 'site-a.localhost';

let suite: FakeSuite;
let folder: string;
let items: unknown = contentTypes;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gaia-types-'));
  suite = await startFakeSuite(() => ({
    ...fakeLogin(),
    ...guarded({ [`GET /cms/sites/${site}/types`]: () => ({ body: { items } }) }),
  }));
});
afterAll(async () => {
  await suite.close();
  await rm(folder, { recursive: true, force: true });
});

const generate = (...args: readonly string[]) =>
  runGaia(['types', 'generate', '--site', site, '--url', suite.url, ...args], { env: administrator.env });

/** What the compiler says of programs that use the generated types, one file each: errors by name. */
async function compile(programs: Readonly<Record<string, string>>): Promise<ReadonlyMap<string, readonly string[]>> {
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    target: 'esnext',
    lib: ['esnext', 'dom'],
    module: 'nodenext',
    allowImportingTsExtensions: true,
    types: [],
    paths: {
      '@gaia/client': [join(client, 'client.ts')],
      '@gaia/client/content-types': [join(client, 'content', 'types.ts')],
    },
  };
  const names = Object.keys(programs);
  const fileOf = (name: string) => `program-${names.indexOf(name)}.ts`;
  await Promise.all(names.map((name) => writeFile(join(folder, fileOf(name)), programs[name] ?? '')));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: names.map(fileOf) }));
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { stdout } = await promisify(execFile)(process.execPath, [tsc, '-p', folder]).catch(
    (failed: { stdout: string }) => failed,
  );
  const lines = stdout.split('\n').filter((line) => /error TS\d+/.test(line));
  const errors = new Map(names.map((name) => [name, lines.filter((line) => line.includes(fileOf(name)))]));
  expect([...errors.values()].flat()).toEqual(expect.arrayContaining(lines));
  return errors;
}

const head = `
import { createClient } from '@gaia/client';
import type { Site } from './site.ts';
const gaia = createClient<Site>({ url: 'http://localhost:8080', site: '${site}' });
const articles = gaia.entries('article');
`;

const right = `${head}
      for await (const { fields } of articles.all({
        filter: {
          title: { starts_with: 'A' },
          mood: { in: ['calm'] },
          category: { name: { contains: 'news' } },
          tags: { contains: 'red' },
          place: { city: { eq: 'Bern' } },
          or: [{ rating: { gte: 3 } }, { not: { featured: { eq: true } } }, { published_at: { empty: true } }],
        },
        sort: ['-published_at', 'title', 'place.city'],
        expand: ['category', 'category.parent', 'related'],
        fields: ['title', 'category'],
      })) {
        const title: string = fields.title;
        const category = fields.category;
        if (typeof category === 'object') category.fields.name.toUpperCase();
        const mood: 'calm' | 'not "calm"' | undefined = fields.mood;
        void [title, mood];
      }
      await articles.create({ fields: { title: 'A', price: '1.50', body: { markdown: '# A' }, tags: ['red'] } });
      await articles.update('1', { fields: { rating: null } });
      gaia.entries('blog-category');
    `;

const wrong: readonly [name: string, statement: string][] = [
  ['an unknown type', "gaia.entries('articel');"],
  ['an unknown field in a filter', "articles.list({ filter: { titel: { eq: 'a' } } });"],
  ['an unknown operator', "articles.list({ filter: { title: { like: 'a' } } });"],
  ['an operator of another type', "articles.list({ filter: { featured: { starts_with: 'a' } } });"],
  ['a value of another type', "articles.list({ filter: { rating: { gt: 'a' } } });"],
  ['an unknown value of an enum', "articles.list({ filter: { mood: { eq: 'wild' } } });"],
  ['an unknown field behind a reference', "articles.list({ filter: { category: { nam: { eq: 'a' } } } });"],
  ['an unknown field in a group', "articles.list({ filter: { or: [{ titel: { eq: 'a' } }] } });"],
  ['a sort by what has no order', "articles.list({ sort: 'tags' });"],
  ['an unknown reference', "articles.list({ expand: ['title'] });"],
  ['an unknown field to give', "articles.list({ fields: ['titel'] });"],
  ['an unknown field to write', "articles.create({ fields: { titel: 'a' } });"],
  ['a number for a decimal', 'articles.create({ fields: { price: 1.5 } });'],
  ['a field that may be hidden as if it were sure', "(await articles.get('1')).fields.mood.length;"],
  ['a reference as if it were expanded', "(await articles.get('1')).fields.category?.fields;"],
];

describe('gaia types generate', () => {
  let errors: ReadonlyMap<string, readonly string[]>;

  beforeAll(async () => {
    expect(await generate('--output', join(folder, 'site.ts'))).toMatchObject({ code: 0, err: expect.any(String) });
    expect(suite.to('POST /auth/login').at(-1)?.body).toMatchObject({ site });
    const programs = wrong.map(([name, statement]) => [name, `${head}${statement}`]);
    errors = await compile({ right, ...Object.fromEntries(programs) });
  });

  it('writes to the file or to standard output, the same each time', async () => {
    expect((await generate()).out).toBe(await readFile(join(folder, 'site.ts'), 'utf8'));
  });

  it('lets right programs compile', () => {
    expect(errors.get('right')).toEqual([]);
  });

  it.each(wrong)('does not let %s compile', (name) => {
    expect(errors.get(name)).toHaveLength(1);
  });

  it.each([
    ['no list', 'x'],
    ['a type that is no object', [null]],
    ['a name that would be code', [{ name: 'a; evil()', fields: [] }]],
    ['a field whose name would be code', [{ name: 'a', fields: [{ name: 'b }', type: 'text' }] }]],
    ['a reference that leads to no text', [{ name: 'a', fields: [{ name: 'b', type: 'reference', to: [1] }] }]],
  ])('refuses %s from the server', async (_name, answer) => {
    items = answer;
    const { code, out, err } = await generate();
    items = contentTypes;
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain('the content types are not as Gaia gives them');
  });

  it('says that a file cannot be written', async () => {
    const { code, err } = await generate('--output', join(folder, 'no', 'site.ts'));
    expect(code).toBe(1);
    expect(err).toContain('cannot be written (ENOENT)');
  });
});
