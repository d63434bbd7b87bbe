import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, articleFields, createArticle, defineArticle, editor, member, startCms, type TestCms } from './cms.ts';

let cms: TestCms;
beforeAll(async () => {
  cms = await startCms();
  await defineArticle(cms);
});
afterAll(() => cms.close());

let counter = 0;
async function define(fields: unknown[], members: Record<string, unknown> = {}) {
  counter += 1;
  return cms.call('POST /cms/a/types', { as: admin, body: { name: `type${counter}`, fields, ...members } });
}

describe('a content type', () => {
  it('is defined, listed and read', async () => {
    const created = await define([{ name: 'title', type: 'text', required: true }], { label: 'Things' });
    expect(created.status).toBe(201);
    expect(created.headers.etag).toMatch(/^"1\.[\w-]+"$/);
    expect(created.body).toMatchObject({ label: 'Things', title_field: null, version: 1, site: 'site-a.localhost' });
    expect(created.body.fields).toEqual([
      { id: expect.stringMatching(/^f[0-9a-z]{9}$/), name: 'title', type: 'text', required: true, unique: false },
    ]);
    const list = await cms.call('GET /cms/a/types', { as: member });
    expect(list.body.items).toContainEqual(created.body);
    const read = await cms.call(`GET ${created.headers.location}`, { as: member });
    expect(read.body).toEqual(created.body);
  });

  it('keeps all values when it and its fields get other names', async () => {
    const { body: type } = await define([
      { name: 'title', type: 'text' },
      { name: 'place', type: 'object', fields: [{ name: 'city', type: 'text' }] },
      { name: 'parts', type: 'list', of: { type: 'object', fields: [{ name: 'label', type: 'text' }] } },
    ]);
    const fields = { title: 'T', place: { city: 'Rome' }, parts: [{ label: 'a' }, { label: 'b' }] };
    const { body: entry } = await cms.call('POST /cms/a/entries', { as: editor, body: { type: type.name, fields } });
    const before = await cms.call(`GET /cms/a/entries/${entry.id}`, { as: editor });
    const [title, place, parts] = type.fields;
    const renamed = await cms.call(`PATCH /cms/a/types/${type.name}`, {
      as: admin,
      body: {
        name: `${type.name}-new`,
        fields: [
          { ...parts, name: 'pieces', of: { type: 'object', fields: [{ ...parts.of.fields[0], name: 'text' }] } },
          { ...title, name: 'headline' },
          { ...place, fields: [{ ...place.fields[0], name: 'town' }] },
        ],
      },
    });
    expect(renamed).toMatchObject({ status: 200, body: { version: 2, name: `${type.name}-new` } });
    const after = await cms.call(`GET /cms/a/entries/${entry.id}`, { as: editor });
    expect(after.body).toMatchObject({ type: `${type.name}-new`, version: 1 });
    expect(after.body.fields).toEqual({
      headline: 'T',
      place: { town: 'Rome' },
      pieces: [{ text: 'a' }, { text: 'b' }],
    });
    expect(after.headers.etag).not.toBe(before.headers.etag);
  });

  it('loses a field only on an order that names it', async () => {
    const { body: type } = await define([
      { name: 'one', type: 'text' },
      { name: 'two', type: 'text' },
    ]);
    const route = `PATCH /cms/a/types/${type.name}`;
    const fields = [type.fields[0]];
    const refused = await cms.call(route, { as: admin, body: { fields } });
    expect(refused.body).toMatchObject({ code: 'validation_failed', errors: [{ path: '/body/fields' }] });
    const removed = await cms.call(route, { as: admin, body: { fields, remove: [type.fields[1].id] } });
    expect(removed.body.fields).toEqual(fields);
  });

  it('takes a field without id for the one of its name, and never changes what a field is', async () => {
    const { body: type } = await define([{ name: 'one', type: 'text' }]);
    const route = `PATCH /cms/a/types/${type.name}`;
    const kept = await cms.call(route, { as: admin, body: { fields: [{ name: 'one', type: 'text', label: 'One' }] } });
    expect(kept.body.fields[0].id).toBe(type.fields[0].id);
    const refused = await cms.call(route, { as: admin, body: { fields: [{ name: 'one', type: 'number' }] } });
    expect(refused.body).toMatchObject({ code: 'validation_failed', errors: [{ path: '/body/fields/0/type' }] });
  });

  it('can make a field unique only while its values are', async () => {
    const { body: type } = await define([{ name: 'code', type: 'text' }]);
    const create = (code: string) =>
      cms.call('POST /cms/a/entries', { as: editor, body: { type: type.name, fields: { code } } });
    await create('x');
    const { body: second } = await create('x');
    const unique = { as: admin, body: { fields: [{ ...type.fields[0], unique: true }] } };
    const route = `PATCH /cms/a/types/${type.name}`;
    expect((await cms.call(route, unique)).body).toMatchObject({
      code: 'value_not_unique',
      errors: [{ path: '/body/fields/0/unique' }],
    });
    await cms.call(`PATCH /cms/a/entries/${second.id}`, { as: editor, body: { fields: { code: 'y' } } });
    expect((await cms.call(route, unique)).status).toBe(200);
    expect((await create('x')).body.code).toBe('value_not_unique');
    await cms.call(route, { as: admin, body: { fields: [{ ...type.fields[0], unique: false }] } });
    expect((await create('x')).status).toBe(201);
  });

  it('is deleted, unless an entry or another type needs it', async () => {
    const { body: target } = await define([]);
    const { body: from } = await define([{ name: 'to', type: 'reference', to: [target.name] }]);
    expect(from.fields[0].to).toEqual([target.name]);
    const remove = (name: string) => cms.call(`DELETE /cms/a/types/${name}`, { as: admin });
    expect((await remove(target.name)).body.code).toBe('type_in_use');
    expect((await remove(from.name)).status).toBe(204);
    const { body: entry } = await cms.call('POST /cms/a/entries', { as: editor, body: { type: target.name } });
    expect((await remove(target.name)).body.code).toBe('type_in_use');
    await cms.call(`DELETE /cms/a/entries/${entry.id}`, { as: editor });
    expect((await remove(target.name)).status).toBe(204);
    expect((await remove(target.name)).body.code).toBe('type_not_found');
  });

  it('may refer to itself, and its references lead only to the types that it says', async () => {
    const { body: type } = await define([{ name: 'parent', type: 'reference', to: [`type${counter + 1}`] }]);
    const article = await createArticle(cms, { title: 'A' });
    const create = (parent?: string) =>
      cms.call('POST /cms/a/entries', { as: editor, body: { type: type.name, fields: { parent: parent ?? null } } });
    const { body: root } = await create();
    expect((await create(root.id)).status).toBe(201);
    expect((await create(article.id)).body.errors).toMatchObject([{ path: '/body/fields/parent' }]);
  });

  it('has one name on its site, whatever its case and its dashes', async () => {
    expect((await cms.call('POST /cms/a/types', { as: admin, body: { name: 'blog-post' } })).status).toBe(201);
    for (const name of ['blog-post', 'blogPost', 'Blog_Post']) {
      expect((await cms.call('POST /cms/a/types', { as: admin, body: { name } })).body.code).toBe('type_exists');
    }
    expect((await defineArticle(cms, 'b')).status).toBe(201);
  });

  it('is changed upon the version that one knows', async () => {
    const { body: type } = await define([]);
    const change = (tag: string, label: string) =>
      cms.call(`PATCH /cms/a/types/${type.name}`, { as: admin, body: { label }, headers: { 'if-match': tag } });
    expect((await change('"1"', 'a')).headers.etag).toMatch(/^"2\.[\w-]+"$/);
    expect(await change('"1"', 'b')).toMatchObject({
      status: 412,
      body: { code: 'version_conflict', current_version: 2 },
    });
  });
});

describe('definitions that are refused', () => {
  const deep = (levels: number): object => (levels === 0 ? { type: 'text' } : { type: 'list', of: deep(levels - 1) });
  const table: [string, unknown[], string][] = [
    ['no name', [{ type: 'text' }], '/body/name'],
    ['a name with a space', [{ name: 'a b', type: 'text' }], '/body/fields/0/name'],
    ['a name of JavaScript', [{ name: 'constructor', type: 'text' }], '/body/fields/0/name'],
    ['a name that entries have', [{ name: 'created_at', type: 'text' }], '/body/fields/0/name'],
    [
      'a name twice',
      [
        { name: 'a', type: 'text' },
        { name: 'a', type: 'text' },
      ],
      '/body/fields/1/name',
    ],
    ['an unknown type', [{ name: 'a', type: 'json' }], '/body/fields/0/type'],
    ['an id of its own', [{ id: 'f1', name: 'a', type: 'text' }], '/body/fields/0/id'],
    ['an option of another type', [{ name: 'a', type: 'text', min: 1 }], '/body/fields/0/min'],
    [
      'bounds in the wrong order',
      [{ name: 'a', type: 'text', min_length: 5, max_length: 4 }],
      '/body/fields/0/min_length',
    ],
    ['an enum without values', [{ name: 'a', type: 'enum' }], '/body/fields/0/values'],
    ['an enum with a value twice', [{ name: 'a', type: 'enum', values: ['x', 'x'] }], '/body/fields/0/values'],
    ['a list without items', [{ name: 'a', type: 'list' }], '/body/fields/0/of'],
    [
      'an object in a list with a wrong field',
      [{ name: 'a', type: 'list', of: { type: 'object', fields: [{ name: '1', type: 'text' }] } }],
      '/body/fields/0/of/fields/0/name',
    ],
    ['an item with a name', [{ name: 'a', type: 'list', of: { type: 'text', name: 'x' } }], '/body/fields/0/of/name'],
    ['too deep a nesting', [{ name: 'a', ...deep(6) }], '/body/fields/0/of/of/of/of'],
    ['a reference to an unknown type', [{ name: 'a', type: 'reference', to: ['nothing'] }], '/body/fields/0/to/0'],
    ['a facet of long texts', [{ name: 'a', type: 'richText', facet: true }], '/body/fields/0/facet'],
    [
      'a facet within an object',
      [{ name: 'a', type: 'object', fields: [{ name: 'b', type: 'text', facet: true }] }],
      '/body/fields/0/fields/0/facet',
    ],
    ['a language that is no tag', [{ name: 'a', type: 'text', language: 'German' }], '/body/fields/0/language'],
    [
      'a language of an item',
      [{ name: 'a', type: 'list', of: { type: 'text', language: 'de' } }],
      '/body/fields/0/of/language',
    ],
    ['searchable in words', [{ name: 'a', type: 'text', searchable: 'no' }], '/body/fields/0/searchable'],
    ['a bound of a decimal that is a number', [{ name: 'a', type: 'decimal', min: 1 }], '/body/fields/0/min'],
    [
      'bounds of a decimal in the wrong order',
      [{ name: 'a', type: 'decimal', min: '10', max: '9' }],
      '/body/fields/0/min',
    ],
    ['a unique boolean', [{ name: 'a', type: 'boolean', unique: true }], '/body/fields/0/unique'],
    [
      'a default that the field does not take',
      [{ name: 'a', type: 'text', max_length: 2, default: 'abc' }],
      '/body/fields/0/default',
    ],
    ['a unique default', [{ name: 'a', type: 'text', unique: true, default: 'abc' }], '/body/fields/0/default'],
    [
      'a default of a list',
      [{ name: 'a', type: 'list', of: { type: 'text' }, default: 'abc' }],
      '/body/fields/0/default',
    ],
    [
      'more than 100 fields',
      [{ name: 'a', type: 'object', fields: Array.from({ length: 100 }, (_, n) => ({ name: `f${n}`, type: 'text' })) }],
      '/body/fields',
    ],
  ];
  it.each(table)('%s', async (what, fields, path) => {
    const body = what === 'no name' ? { fields: [] } : { name: 'refused', fields };
    const answer = await cms.call('POST /cms/a/types', { as: admin, body });
    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    expect(answer.body.errors[0].path).toBe(path);
  });
});

describe('values that are refused', () => {
  const table: [string, Record<string, unknown>, string][] = [
    ['a field of no name', { title: 'x', nonsense: 1 }, '/body/fields/nonsense'],
    ['a number for a text', { title: 5 }, '/body/fields/title'],
    ['too long a text', { title: 'x'.repeat(201) }, '/body/fields/title'],
    ['a text for a number', { title: 'x', rating: '5' }, '/body/fields/rating'],
    ['a number above its bound', { title: 'x', rating: 11 }, '/body/fields/rating'],
    ['a number for a boolean', { title: 'x', featured: 1 }, '/body/fields/featured'],
    ['a day that does not exist', { title: 'x', held_on: '2026-02-30' }, '/body/fields/held_on'],
    ['a date in words', { title: 'x', held_on: 'tomorrow' }, '/body/fields/held_on'],
    ['a value that is not listed', { title: 'x', topic: 'sport' }, '/body/fields/topic'],
    ['a reference that is no id', { title: 'x', related: '1; drop table entries' }, '/body/fields/related'],
    ['a reference to nothing', { title: 'x', related: '00000000-0000-7000-8000-000000000000' }, '/body/fields/related'],
    ['an asset that is no id', { title: 'x', picture: '../../etc/passwd' }, '/body/fields/picture'],
    ['an item of another type', { title: 'x', tags: ['a', 1] }, '/body/fields/tags/1'],
    ['a null among items', { title: 'x', tags: [null] }, '/body/fields/tags/0'],
    ['too many items', { title: 'x', tags: Array.from({ length: 21 }, () => 'a') }, '/body/fields/tags'],
    ['an unknown field of an object', { title: 'x', place: { city: 'a', street: 'b' } }, '/body/fields/place/street'],
    ['a list for an object', { title: 'x', place: [] }, '/body/fields/place'],
  ];
  it.each(table)('%s', async (_what, fields, path) => {
    const answer = await cms.call('POST /cms/a/entries', { as: editor, body: { type: 'article', fields } });
    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    expect(answer.body.errors[0].path).toBe(path);
  });

  it('tells all that is wrong at once', async () => {
    const fields = { rating: 'x', topic: 'y', tags: 'z' };
    const { body } = await cms.call('POST /cms/a/entries', { as: editor, body: { type: 'article', fields } });
    expect(body.errors.map((part: { path: string }) => part.path).sort()).toEqual([
      '/body/fields/rating',
      '/body/fields/tags',
      '/body/fields/topic',
    ]);
    expect(articleFields.map((field) => field.name)).toContain('topic');
  });
});
