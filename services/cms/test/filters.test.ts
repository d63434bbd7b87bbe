import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countRows } from '../src/entry-queries/count-entries.ts';
import { admin, editor, SITE, startCms, type TestCms } from './cms.ts';

let cms: TestCms;
const ids: Record<string, string> = {};

beforeAll(async () => {
  cms = await startCms();
  const define = (body: object) => cms.call('POST /cms/a/types', { as: admin, body });
  await define({
    name: 'category',
    fields: [
      { name: 'name', type: 'text' },
      { name: 'rank', type: 'number' },
      { name: 'parent', type: 'reference', to: ['category'] },
      { name: 'secret', type: 'text', readable_by: ['staff'] },
    ],
  });
  const defined = await define({
    name: 'article',
    fields: [
      { name: 'title', type: 'text' },
      { name: 'rating', type: 'number' },
      { name: 'featured', type: 'boolean' },
      { name: 'held_on', type: 'date' },
      { name: 'topic', type: 'enum', values: ['news', 'tech, old', 'art'] },
      { name: 'body', type: 'richText' },
      { name: 'category', type: 'reference', to: ['category'] },
      { name: 'related', type: 'reference' },
      { name: 'categories', type: 'list', of: { type: 'reference', to: ['category'] } },
      { name: 'tags', type: 'list', of: { type: 'text' } },
      { name: 'days', type: 'list', of: { type: 'date' } },
      { name: 'place', type: 'object', fields: [{ name: 'city', type: 'text' }] },
      {
        name: 'blocks',
        type: 'list',
        of: {
          type: 'object',
          fields: [
            { name: 'heading', type: 'text' },
            { name: 'size', type: 'number' },
            { name: 'at', type: 'date' },
            { name: 'about', type: 'reference', to: ['category'] },
          ],
        },
      },
      { name: 'in', type: 'text' },
      { name: 'or', type: 'text' },
    ],
  });
  expect(defined.status).toBe(201);
  const make = async (key: string, type: string, fields: object, access: object = { visibility: 'public' }) => {
    const made = await cms.call('POST /cms/a/entries', { as: editor, body: { type, fields, ...access } });
    expect(made).toMatchObject({ status: 201 });
    ids[key] = made.body.id;
    expect((await cms.call(`POST /cms/a/entries/${made.body.id}/publish`, { as: editor })).status).toBe(200);
  };
  await make('world', 'category', { name: 'World', rank: 1 });
  await make('art', 'category', { name: 'Éclair', rank: 2, parent: ids.world, secret: 'hush' });
  await make('inner', 'category', { name: 'Inner', rank: 3 }, { visibility: 'members' });
  await make('one', 'article', {
    title: 'Москва, столица',
    rating: 1,
    featured: true,
    held_on: '2026-01-01',
    topic: 'news',
    body: 'Some words',
    category: ids.world,
    related: ids.art,
    categories: [ids.world, ids.art],
    tags: ['a,b', 'c'],
    days: ['2026-05-01T10:00:00Z'],
    place: { city: 'Oslo' },
    blocks: [
      { heading: 'First', size: 1, at: '2026-01-02T10:00:00Z' },
      { heading: 'Second', size: 10, about: ids.art },
    ],
    in: 'x',
    or: 'y',
  });
  await make('two', 'article', {
    title: 'éclair',
    rating: 2,
    featured: false,
    held_on: '2026-01-01T23:30:00+01:00',
    topic: 'tech, old',
    category: ids.art,
    tags: ['a'],
    place: { city: '' },
    blocks: [{ heading: 'Third', size: 5 }],
  });
  await make('three', 'article', { title: 'Zebra', held_on: '2026-01-02', category: ids.inner, tags: [] });
  await make('four', 'article', { title: 'Ελλάδας' });
});
afterAll(() => cms.close());

const nameOf = (id: string) => Object.entries(ids).find(([, one]) => one === id)?.[0];

async function found(query: string, as: object | undefined = undefined) {
  const { status, body } = await cms.call(`GET /cms/a/entries?type=article&sort=created_at&${query}`, { as });
  return status === 200 ? body.items.map(({ id }: { id: string }) => nameOf(id)) : body.code;
}
const json = (filter: unknown) =>
  `filter=${encodeURIComponent(typeof filter === 'string' ? filter : JSON.stringify(filter))}`;

describe('filters over REST', () => {
  it.each([
    // Texts of every script.
    ['filter[title][contains]=москва', ['one']],
    ['filter[title][contains]=ECLAIR', ['two']],
    ['filter[title][contains]=ΕΛΛΑΔΑΣ', ['four']],
    ['filter[title][starts_with]=eclai', ['two']],
    ['filter[title][starts_with]=lair', []],
    ['filter[title][eq]=eclair', []],
    // Values with commas.
    ['filter[title][in]=Москва\\,%20столица,Zebra', ['one', 'three']],
    ['filter[title][in][]=Москва,%20столица', ['one']],
    ['filter[title][in]=Москва,%20столица&filter[title][in]=Zebra', ['one', 'three']],
    ['filter[topic][in][0]=tech,%20old&filter[topic][in][1]=art', ['two']],
    ['filter[topic][in]=tech,%20old', []],
    ['filter[topic][nin]=news', ['two', 'three', 'four']],
    ['filter[tags][contains]=a,b', ['one']],
    [json({ title: { in: [] } }), []],
    [json({ title: { nin: [] } }), ['one', 'two', 'three', 'four']],
    // Empty and not.
    ['filter[rating][empty]=true', ['three', 'four']],
    ['filter[rating][empty]=false', ['one', 'two']],
    ['filter[tags][empty]=true', ['three', 'four']],
    ['filter[place.city][empty]=true', ['two', 'three', 'four']],
    ['filter[featured][empty]=true', ['three', 'four']],
    ['filter[body][empty]=false', ['one']],
    ['filter[category][empty]=true', ['four']],
    ['filter[blocks][empty]=false', ['one', 'two']],
    ['filter[blocks.about][empty]=false', ['one']],
    // A day is the whole day, in UTC, and a date compares with times as its midnight.
    ['filter[held_on][eq]=2026-01-01', ['one', 'two']],
    ['filter[held_on][in]=2026-01-01,2026-01-02', ['one', 'two', 'three']],
    ['filter[held_on][ne]=2026-01-01', ['three', 'four']],
    ['filter[held_on][lte]=2026-01-01', ['one', 'two']],
    ['filter[held_on][gt]=2026-01-01', ['three']],
    ['filter[held_on][lt]=2026-01-02', ['one', 'two']],
    ['filter[held_on][gte]=2026-01-01T00:00:00Z', ['one', 'two', 'three']],
    ['filter[held_on][gt]=2026-01-01T00:00:00Z', ['two', 'three']],
    ['filter[held_on][eq]=2026-01-01T00:00:00Z', ['one']],
    ['filter[held_on][eq]=2026-01-01T22:30:00Z', ['two']],
    ['filter[held_on][lte]=9999-12-31', ['one', 'two', 'three']],
    ['filter[created_at][lte]=9999-12-31', ['one', 'two', 'three', 'four']],
    ['filter[days][contains]=2026-05-01', ['one']],
    ['filter[blocks.at][eq]=2026-01-02', ['one']],
    // Objects, and objects in lists: one of them fits.
    ['filter[place.city][eq]=Oslo', ['one']],
    ['filter[place][city][ne]=Oslo', ['two', 'three', 'four']],
    ['filter[blocks.heading][eq]=Second', ['one']],
    ['filter[blocks.heading][contains]=IR', ['one', 'two']],
    ['filter[blocks.size][gt]=5', ['one']],
    ['filter[blocks.size][ne]=5', ['one', 'three', 'four']],
    // References.
    ['filter[category.name][eq]=World', ['one']],
    ['filter[category][name][contains]=eclair', ['two']],
    ['filter[category.parent.name][eq]=World', ['two']],
    ['filter[categories.name][eq]=Éclair', ['one']],
    ['filter[categories.rank][gte]=1', ['one']],
    ['filter[blocks.about.name][starts_with]=Ecl', ['one']],
    ['filter[related.name][eq]=Éclair', ['one']],
    ['filter[related.visibility][eq]=public', ['one']],
    ['filter[category.parent][empty]=true', ['one', 'three', 'four']],
    // Groups.
    ['filter[or][0][title][eq]=Zebra&filter[or][1][rating][eq]=1', ['one', 'three']],
    [
      'filter[or][0][title][eq]=Zebra&filter[or][1][and][0][rating][eq]=2&filter[or][1][and][1][featured][eq]=false',
      ['two', 'three'],
    ],
    ['filter[not][rating][gte]=2', ['one', 'three', 'four']],
    [json({ or: [{ title: { eq: 'Zebra' } }, { category: { name: { eq: 'World' } } }] }), ['one', 'three']],
    [json({ not: { or: [{ title: { eq: 'Zebra' } }, { rating: { lt: 5 } }] } }), ['four']],
    [json({ not: { not: { rating: { eq: 2.0 } } } }), ['two']],
    [json({ and: [] }), ['one', 'two', 'three', 'four']],
    [json({ or: [] }), []],
    [json({ rating: { gte: 1, lt: 2 } }), ['one']],
    [`${json({ rating: { gte: 1 } })}&filter[rating][lt]=2`, ['one']],
    [json({ 'place.city': { eq: 'Oslo' } }), ['one']],
    [json('{"rating":{"eq":9007199254740993}}'), []],
    // Fields that are called like groups and operators.
    ['filter[or][eq]=y', ['one']],
    ['filter[in][in]=x,z', ['one']],
    [json({ or: [{ or: { eq: 'y' } }, { in: { eq: 'z' } }] }), ['one']],
  ])('%s', async (query, expected) => {
    expect(await found(query)).toEqual(expected);
  });

  it.each([
    ['filter[category.nothing][eq]=x', 'unknown_field'],
    ['filter[category.name.first][eq]=x', 'unknown_field'],
    ['filter[title.x][eq]=x', 'unknown_field'],
    ['filter[blocks.nothing][eq]=x', 'unknown_field'],
    ['filter[related.nothing][eq]=x', 'unknown_field'],
    ['filter[category.secret][eq]=hush', 'field_not_readable'],
    ['filter[not][category.secret][eq]=hush', 'field_not_readable'],
    ['filter[related.secret][empty]=true', 'field_not_readable'],
    ['filter[category.parent.parent.parent.name][eq]=x', 'filter_invalid'],
    ['filter[rating][contains]=1', 'filter_invalid'],
    ['filter[rating][starts_with]=1', 'filter_invalid'],
    ['filter[rating][gt]=', 'filter_invalid'],
    ['filter[rating][empty]=maybe', 'filter_invalid'],
    ['filter[rating][in]=1,x', 'filter_invalid'],
    ['filter[featured][gt]=true', 'filter_invalid'],
    ['filter[featured][eq]=1', 'filter_invalid'],
    ['filter[held_on][eq]=2026-02-30', 'filter_invalid'],
    ['filter[held_on][contains]=2026', 'filter_invalid'],
    ['filter[body][eq]=x', 'filter_invalid'],
    ['filter[blocks][contains]=x', 'filter_invalid'],
    ['filter[blocks][eq]=x', 'filter_invalid'],
    ['filter[place][empty]=1', 'filter_invalid'],
    ['filter[id][contains]=x', 'filter_invalid'],
    ['filter[id][empty]=true', 'filter_invalid'],
    ['filter[tags][in]=a', 'filter_invalid'],
    ['filter[title][eq]=x&filter[title][eq][y]=z', 'validation_failed'],
    ['filter[or][title][eq]=x', 'unknown_field'],
    ['filter[or][0]=x', 'validation_failed'],
    ['filter=x', 'validation_failed'],
    ['filter=[]', 'validation_failed'],
    ['filter={}&filter={}', 'validation_failed'],
    [json({ not: {} }), 'validation_failed'],
    [json({ title: 'x' }), 'validation_failed'],
    [json({ title: { eq: null } }), 'validation_failed'],
    [json({ title: { eq: [['x']] } }), 'validation_failed'],
    [json({ title: { in: 'x' } }), 'validation_failed'],
    [json({ title: { like: 'x' } }), 'validation_failed'],
    [json({ __proto__: null, or: 'x' }), 'validation_failed'],
    [json('{"__proto__":{"eq":"x"}}'), 'unknown_field'],
    [json({ or: Array.from({ length: 21 }, () => ({ title: { eq: 'x' } })) }), 'validation_failed'],
    [json(`${'{"not":'.repeat(9)}{"title":{"eq":"x"}}${'}'.repeat(9)}`), 'validation_failed'],
    [json(`${'{"title":'.repeat(900)}1${'}'.repeat(900)}`), 'validation_failed'],
    ['filter[]=x', 'validation_failed'],
    ['filter[title=x', 'validation_failed'],
    ['filters[title][eq]=x', 'validation_failed'],
  ])('refuses %s', async (query, code) => {
    expect(await found(query)).toBe(code);
  });

  it('finds nothing by what an unreadable entry holds, nor by its negation', async () => {
    const member = { role: 'member', subject: 'u-member' };
    const asked = ['Inner', 'Another'];
    for (const name of asked) {
      expect(await found(`filter[category.name][eq]=${name}`)).toEqual([]);
      expect(await found(`filter[category.name][ne]=${name}`)).toEqual(['one', 'two', 'three', 'four']);
      expect(await found(`filter[not][category.name][eq]=${name}`)).toEqual(['one', 'two', 'three', 'four']);
    }
    expect(await found('filter[category.name][empty]=true')).toEqual(['three', 'four']);
    expect(await found('filter[category.id][ne]=00000000-0000-4000-8000-000000000000')).toEqual([
      'one',
      'two',
      'three',
      'four',
    ]);
    expect(await found('filter[category.name][eq]=Inner', member)).toEqual(['three']);
    expect(await found('filter[category.name][ne]=Inner', member)).toEqual(['one', 'two', 'four']);
    // Each copy as the caller sees it.
    await cms.call(`PATCH /cms/a/entries/${ids.world}`, { as: editor, body: { fields: { name: 'Renamed' } } });
    expect(await found('filter[category.name][eq]=World')).toEqual(['one']);
    expect(await found('filter[category.name][eq]=World', editor)).toEqual([]);
    expect(await found('filter[category.name][eq]=Renamed', editor)).toEqual(['one']);
    await cms.call(`PATCH /cms/a/entries/${ids.world}`, { as: editor, body: { fields: { name: 'World' } } });
  });
});

describe('order of texts', () => {
  const titles = async (query: string) => {
    const items = [];
    let cursor = '';
    do {
      const { body, status } = await cms.call(`GET /cms/a/entries?type=word&limit=2&${query}${cursor}`);
      expect(status).toBe(200);
      items.push(...body.items.map((item: { fields: { word: string } }) => item.fields.word));
      cursor = body.next_cursor === null ? '' : `&cursor=${body.next_cursor}`;
    } while (cursor !== '');
    return items;
  };

  it('is that in which people read them, in the rules of a language where one is named', async () => {
    await cms.call('POST /cms/a/types', {
      as: admin,
      body: { name: 'word', fields: [{ name: 'word', type: 'text' }] },
    });
    for (const word of ['zebra', 'Éclair', 'apple', 'ähnlich', 'öl', 'Zoo', 'eclair', 'ABC']) {
      const { body } = await cms.call('POST /cms/a/entries', {
        as: editor,
        body: { type: 'word', visibility: 'public', fields: { word } },
      });
      await cms.call(`POST /cms/a/entries/${body.id}/publish`, { as: editor });
    }
    expect(await titles('sort=word')).toEqual(['ABC', 'ähnlich', 'apple', 'eclair', 'Éclair', 'öl', 'zebra', 'Zoo']);
    expect(await titles('sort=word&locale=de')).toEqual([
      'ABC',
      'ähnlich',
      'apple',
      'eclair',
      'Éclair',
      'öl',
      'zebra',
      'Zoo',
    ]);
    expect(await titles('sort=-word&locale=sv')).toEqual([
      'öl',
      'ähnlich',
      'Zoo',
      'zebra',
      'Éclair',
      'eclair',
      'apple',
      'ABC',
    ]);
    expect(await cms.call('GET /cms/a/entries?type=word&sort=word&locale=xx')).toMatchObject({ status: 400 });
    const { body } = await cms.call('GET /cms/a/entries?type=word&sort=word&locale=sv&limit=1');
    const other = await cms.call(`GET /cms/a/entries?type=word&sort=word&limit=1&cursor=${body.next_cursor}`);
    expect(other.body.code).toBe('invalid_cursor');
  });
});

describe('selected fields and expanded references', () => {
  const one = async (key: string, query: string, as?: object) =>
    cms.call(`GET /cms/a/entries/${ids[key]}?${query}`, { as });

  it('gives the fields that are asked for', async () => {
    expect((await one('one', 'fields=title,place.city')).body.fields).toEqual({
      title: 'Москва, столица',
      place: { city: 'Oslo' },
    });
    expect((await one('one', 'fields=id')).body).toMatchObject({ id: ids.one, fields: {} });
    const { body } = await cms.call('GET /cms/a/entries?type=article&sort=created_at&fields=rating,blocks.size');
    expect(body.items.map((item: { fields: object }) => item.fields)).toEqual([
      { rating: 1, blocks: [{ size: 1 }, { size: 10 }] },
      { rating: 2, blocks: [{ size: 5 }] },
      {},
      {},
    ]);
  });

  it('puts entries in the place of references, where the caller may read them', async () => {
    const { body } = await one('one', 'fields=title&expand=category,categories,blocks.about.parent');
    expect(body.fields).toEqual({
      title: 'Москва, столица',
      category: expect.objectContaining({ id: ids.world, type: 'category', fields: { name: 'World', rank: 1 } }),
      categories: [
        expect.objectContaining({ id: ids.world }),
        expect.objectContaining({ id: ids.art, fields: { name: 'Éclair', rank: 2, parent: ids.world } }),
      ],
      blocks: [
        {},
        {
          about: expect.objectContaining({
            fields: { name: 'Éclair', rank: 2, parent: expect.objectContaining({ id: ids.world }) },
          }),
        },
      ],
    });
    expect((await one('three', 'expand=category')).body.fields.category).toBe(ids.inner);
    const member = { role: 'member', subject: 'u-member' };
    expect((await one('three', 'expand=category', member)).body.fields.category).toMatchObject({ id: ids.inner });
    expect((await one('two', 'expand=category')).body.fields.category.fields).not.toHaveProperty('secret');
    const list = await cms.call(
      'GET /cms/a/entries?type=article&sort=created_at&fields=category.name,category.parent.name',
    );
    expect(list.body.items.map((item: { fields: object }) => item.fields)).toEqual([
      { category: expect.objectContaining({ fields: { name: 'World' } }) },
      {
        category: expect.objectContaining({
          fields: { name: 'Éclair', parent: expect.objectContaining({ fields: { name: 'World' } }) },
        }),
      },
      { category: ids.inner },
      {},
    ]);
  });

  it.each([
    ['fields=nothing', 400, 'unknown_field'],
    ['fields=category.nothing', 400, 'unknown_field'],
    ['fields=title.x', 400, 'unknown_field'],
    ['fields=category.secret', 403, 'field_not_readable'],
    ['fields=related.secret', 403, 'field_not_readable'],
    ['expand=title', 400, 'validation_failed'],
    ['expand=place', 400, 'validation_failed'],
    ['expand=category.name', 400, 'validation_failed'],
    ['expand=nothing', 400, 'unknown_field'],
    ['expand=category.parent.parent.parent', 400, 'validation_failed'],
    ['fields=', 400, 'validation_failed'],
    ['fields=a..b', 400, 'validation_failed'],
    [`expand=${Array.from({ length: 11 }, (_, n) => `f${n}`).join(',')}`, 400, 'validation_failed'],
    [`fields=${'a.'.repeat(10)}a`, 400, 'validation_failed'],
    ['depth=2', 400, 'validation_failed'],
    ['filter[title][eq]=x', 400, 'validation_failed', 'one'],
  ])('refuses %s', async (query, status, code, only?: string) => {
    expect(await one('one', query)).toMatchObject({ status, body: { code } });
    if (only === undefined) {
      expect(await cms.call(`GET /cms/a/entries?type=article&${query}`)).toMatchObject({ status, body: { code } });
    }
  });

  it('refuses to make an answer of far more than was asked for', async () => {
    const many = Array.from({ length: 500 }, () => ids.world);
    const fields = { categories: many };
    for (let n = 0; n < 11; n += 1) {
      const { body } = await cms.call('POST /cms/a/entries', { as: editor, body: { type: 'article', fields } });
      ids[`many-${n}`] = body.id;
    }
    const answer = await cms.call('GET /cms/a/entries?type=article&status=draft&expand=categories', { as: editor });
    expect(answer).toMatchObject({ status: 400, body: { code: 'expansion_too_large' } });
    for (let n = 0; n < 11; n += 1) await cms.call(`DELETE /cms/a/entries/${ids[`many-${n}`]}`, { as: editor });
  });

  it('has another entity tag for another selection, whose version still serves changes', async () => {
    const whole = await one('two', '');
    const part = await one('two', 'fields=title');
    expect(part.headers.etag).not.toBe(whole.headers.etag);
    const again = await cms.call(`GET /cms/a/entries/${ids.two}?fields=title`, {
      headers: { 'if-none-match': String(part.headers.etag) },
    });
    expect(again.status).toBe(304);
  });
});

describe('the total', () => {
  it('counts all pages, as the caller, on request', async () => {
    const list = (query: string, as?: object) => cms.call(`GET /cms/a/entries?type=category&limit=1${query}`, { as });
    expect((await list('')).body).not.toHaveProperty('total');
    const first = await list('&total=true');
    expect(first.body.total).toBe(2);
    const second = await list(`&total=true&cursor=${first.body.next_cursor}`);
    expect(second.body.total).toBe(2);
    expect((await list('&total=true', editor)).body.total).toBe(3);
    expect((await list('&total=true&filter[name][eq]=World')).body.total).toBe(1);
    expect((await list('&total=maybe')).status).toBe(400);
  });

  it('is null where counting takes too long', async () => {
    expect(await countRows(cms.database, sql`pg_sleep(600)`, [sql`true`], 50)).toBeUndefined();
    expect(await countRows(cms.database, sql`entries e`, [sql`e.site = ${SITE}`])).toBeGreaterThan(5);
  });
});
