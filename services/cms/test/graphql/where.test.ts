import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, editor, fileId, member, SITE, startCms, type TestCms } from '../cms.ts';

let cms: TestCms;
const ids: Record<string, string> = {};

beforeAll(async () => {
  cms = await startCms();
  const define = (body: object) => cms.call('POST /cms/a/types', { as: admin, body });
  await define({
    name: 'category',
    fields: [
      { name: 'name', type: 'text', required: true },
      { name: 'secret', type: 'text', readable_by: ['staff'] },
    ],
  });
  const defined = await define({
    name: 'article',
    fields: [
      { name: 'title', type: 'text', required: true },
      { name: 'count', type: 'number', integer: true },
      { name: 'year', type: 'number', integer: true, required: true, min: 0, max: 3000 },
      { name: 'bytes', type: 'number', integer: true, min: 0, max: 9_000_000_000_000 },
      { name: 'rating', type: 'number' },
      { name: 'featured', type: 'boolean' },
      { name: 'held_on', type: 'date' },
      { name: 'picture', type: 'asset' },
      { name: 'category', type: 'reference', to: ['category'], required: true },
      { name: 'related', type: 'reference' },
      { name: 'categories', type: 'list', of: { type: 'reference', to: ['category'] } },
      { name: 'tags', type: 'list', of: { type: 'text' } },
      {
        name: 'blocks',
        type: 'list',
        of: {
          type: 'object',
          fields: [
            { name: 'heading', type: 'text', required: true },
            { name: 'about', type: 'reference', to: ['category'] },
          ],
        },
      },
    ],
  });
  expect(defined.status).toBe(201);
  const make = async (key: string, type: string, fields: object, visibility = 'public') => {
    const made = await cms.call('POST /cms/a/entries', { as: editor, body: { type, fields, visibility } });
    expect(made).toMatchObject({ status: 201 });
    ids[key] = made.body.id;
    expect((await cms.call(`POST /cms/a/entries/${made.body.id}/publish`, { as: editor })).status).toBe(200);
  };
  await make('world', 'category', { name: 'World' });
  await make('inner', 'category', { name: 'Inner', secret: 'hush' }, 'members');
  await make('one', 'article', {
    title: 'Москва, столица',
    count: 2,
    year: 2026,
    bytes: 5_000_000_000,
    rating: 1.5,
    featured: true,
    held_on: '2026-01-01T10:00:00Z',
    picture: fileId(1),
    category: ids.world,
    related: ids.world,
    categories: [ids.world],
    tags: ['a,b'],
    blocks: [{ heading: 'First', about: ids.world }],
  });
  await make('two', 'article', { title: 'Éclair', year: 2025, count: 5_000_000_000, category: ids.inner });
});
afterAll(() => cms.close());

const nameOf = (id: string) => Object.entries(ids).find(([, one]) => one === id)?.[0];
const query = (text: string, as?: object, variables: object = {}) =>
  cms.call('POST /graphql', { as, body: { query: text, variables }, headers: { 'x-gaia-site': SITE } });

async function found(where: string, as?: object) {
  const { body } = await query(`{ article_list(where: ${where}, sort: "created_at") { items { id } } }`, as);
  if (body.errors) return body.errors[0].extensions.code;
  return body.data.article_list.items.map(({ id }: { id: string }) => nameOf(id));
}

describe('where', () => {
  it.each([
    ['{ title: { contains: "ECLAIR" } }', ['two']],
    ['{ title: { in: ["Москва, столица", "x"] } }', ['one']],
    ['{ title: { in: [] } }', []],
    ['{ title: { starts_with: "моск" } }', ['one']],
    ['{ year: { gt: 2025 } }', ['one']],
    ['{ year: { in: [2025, 2026] } }', ['one', 'two']],
    ['{ count: { gte: 3 } }', ['two']],
    ['{ bytes: { eq: 5000000000 } }', ['one']],
    ['{ rating: { eq: 1.5 } }', ['one']],
    ['{ rating: { empty: true } }', ['two']],
    ['{ featured: { ne: true } }', ['two']],
    ['{ held_on: { eq: "2026-01-01" } }', ['one']],
    ['{ tags: { contains: "a,b" } }', ['one']],
    ['{ tags: { empty: true } }', ['two']],
    [`{ picture: { eq: "${fileId(1)}" } }`, ['one']],
    ['{ category: { is: { name: { eq: "World" } } } }', ['one']],
    ['{ category: { empty: false, is: { name: { ne: "World" } } } }', ['two']],
    ['{ category: { is: { or: [{ name: { eq: "World" } }, { name: { eq: "x" } }] } } }', ['one']],
    ['{ category: { is: { visibility: { eq: "public" } } } }', ['one']],
    ['{ related: { is: { visibility: { eq: "public" } } } }', ['one']],
    ['{ categories: { is: { name: { contains: "wor" } } } }', ['one']],
    ['{ categories: { empty: true } }', ['two']],
    ['{ blocks: { heading: { eq: "First" } } }', ['one']],
    ['{ blocks: { about: { is: { name: { eq: "World" } } } } }', ['one']],
    ['{ or: [{ year: { eq: 2025 } }, { and: [{ year: { eq: 2026 } }, { featured: { eq: true } }] }] }', ['one', 'two']],
    ['{ not: { year: { eq: 2025 } } }', ['one']],
    ['{ visibility: { eq: "public" }, created_at: { gt: "2000-01-01" } }', ['one', 'two']],
    ['{ category: { is: { secret: { eq: "hush" } } } }', 'field_not_readable'],
    ['{ not: { category: { is: { secret: { empty: true } } } } }', 'field_not_readable'],
    ['{ title: { eq: null } }', 'validation_failed'],
    ['{ title: null }', 'validation_failed'],
    ['{ held_on: { eq: "soon" } }', 'filter_invalid'],
    ['{ year: { eq: "x" } }', 'query_invalid'],
    ['{ year: { eq: 5000000000 } }', 'query_invalid'],
    ['{ title: { like: "x" } }', 'query_invalid'],
    ['{ nothing: { eq: "x" } }', 'query_invalid'],
    ['{ not: {} }', 'validation_failed'],
    [`{ or: [${'{ year: { eq: 1 } }'.repeat(21)}] }`, 'validation_failed'],
    [`${'{ not: '.repeat(9)}{ year: { eq: 1 } }${' }'.repeat(9)}`, 'validation_failed'],
    [`${'{ category: { is: '.repeat(1)}{ id: { eq: "x" } }${' } }'.repeat(1)}`, 'filter_invalid'],
  ])('%s', async (where, expected) => {
    expect(await found(where)).toEqual(expected);
  });

  it('finds nothing by what an unreadable entry holds', async () => {
    expect(await found('{ category: { is: { name: { eq: "Inner" } } } }')).toEqual([]);
    expect(await found('{ category: { is: { name: { eq: "Inner" } } } }', member)).toEqual(['two']);
  });

  it('stands beside the filter by paths; both must hold', async () => {
    const { body } = await query(`{ article_list(where: { year: { gt: 2000 } },
      filter: [{ field: "category.name", operator: "eq", values: ["World"] }]) { items { id } total } }`);
    expect(body.data.article_list).toEqual({ items: [{ id: ids.one }], total: 1 });
  });

  it('of all entries knows what every entry has', async () => {
    const { body } = await query(
      '{ entry_list(where: { visibility: { eq: "members" } }) { items { id } total } }',
      member,
    );
    expect(body.data.entry_list).toEqual({ items: [{ id: ids.inner }], total: 1 });
  });
});

describe('types of fields', () => {
  it('say what is whole, what is always there, and where references lead', async () => {
    const text = `{ __type(name: "Article") { fields { name type { kind name ofType { kind name } } } } }`;
    const { body } = await query(text, editor);
    const typeOf = Object.fromEntries(
      body.data.__type.fields.map(
        ({ name, type }: { name: string; type: { kind: string; name: string; ofType: { name: string } } }) => [
          name,
          type.kind === 'NON_NULL' ? `${type.ofType.name}!` : (type.name ?? `[${type.ofType.name}]`),
        ],
      ),
    );
    expect(typeOf).toMatchObject({
      title: 'String!',
      count: 'Int',
      year: 'Int!',
      bytes: 'Float',
      rating: 'Float',
      category: 'Category',
      related: 'Entry',
      categories: '[Category]',
      blocks: '[Article_blocks]',
      picture: 'Asset',
      partial: 'Partial_Article!',
    });
  });

  it('give a whole number beyond 32 bits as an error of its own', async () => {
    const { body } = await query('{ article_list(sort: "created_at") { items { id count bytes } } }');
    expect(body.data.article_list.items).toEqual([
      { id: ids.one, count: 2, bytes: 5_000_000_000 },
      { id: ids.two, count: null, bytes: null },
    ]);
    expect(body.errors).toMatchObject([
      { path: ['article_list', 'items', 1, 'count'], extensions: { code: 'integer_out_of_range' } },
    ]);
  });

  it('give a reference to what cannot be read as null, and the address of a file without asking for it', async () => {
    const { body } = await query(
      '{ article_list(sort: "created_at") { items { category { name } picture { url } } } }',
    );
    expect(body.data.article_list.items).toEqual([
      { category: { name: 'World' }, picture: { url: `/assets/${fileId(1)}` } },
      { category: null, picture: null },
    ]);
  });

  it('let an incomplete entry fail by itself, and show it in part', async () => {
    // The type has become stricter than what was published before.
    const { body: type } = await cms.call('GET /cms/a/types/category', { as: admin });
    const fields = [...type.fields, { name: 'code', type: 'text', required: true }];
    const changed = await cms.call('PATCH /cms/a/types/category', {
      as: admin,
      body: { fields },
      headers: { 'if-match': `"${type.version}"` },
    });
    expect(changed.status).toBe(200);
    const { body } = await query(`{ whole: category_list(sort: "created_at") { items { code } }
      others: category_list { items { name } }
      part: category_list { items { partial { name code } } } }`);
    expect(body.data).toEqual({
      whole: { items: [null] },
      others: { items: [{ name: 'World' }] },
      part: { items: [{ partial: { name: 'World', code: null } }] },
    });
    expect(body.errors).toMatchObject([
      { path: ['whole', 'items', 0, 'code'], extensions: { code: 'entry_incomplete' } },
    ]);
  });
});
