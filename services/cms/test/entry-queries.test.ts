import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { author, createArticle, defineArticle, editor, member, startCms, type TestCms } from './cms.ts';

let cms: TestCms;
beforeAll(async () => {
  cms = await startCms();
  await defineArticle(cms);
  const make = createArticle;
  await make(
    cms,
    { title: 'Alpha', rating: 1, topic: 'news', tags: ['x', 'y'], held_on: '2026-01-01', featured: true },
    { publish: true },
  );
  await make(
    cms,
    { title: 'beta', rating: 10, topic: 'tech', tags: ['y'], held_on: '2026-01-01T08:00:00Z' },
    { publish: true },
  );
  await make(
    cms,
    { title: 'Gamma', rating: 2.5, topic: 'art', body: 'Some **words**' },
    { publish: true, visibility: 'members' },
  );
  await make(cms, { title: 'Delta 100%_', rating: 2 }, { as: author });
  await make(cms, { title: 'Epsilon' });
});
afterAll(() => cms.close());

async function titles(query: string, as: object | undefined = editor) {
  const answer = await cms.call(`GET /cms/a/entries?${query}`, { as });
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  return answer.body.items.map((item: { fields: { title: string } }) => item.fields.title);
}

describe('what is listed', () => {
  it.each([
    ['everybody', undefined, ['beta', 'Alpha']],
    ['a member', member, ['Gamma', 'beta', 'Alpha']],
    ['an author', author, ['Delta 100%_', 'Gamma', 'beta', 'Alpha']],
    ['an editor', editor, ['Epsilon', 'Delta 100%_', 'Gamma', 'beta', 'Alpha']],
  ])('%s, newest first', async (_who, as, expected) => {
    const answer = await cms.call('GET /cms/a/entries', { as });
    expect(answer.body.items.map((item: { fields: { title: string } }) => item.fields.title)).toEqual(expected);
    expect(answer.body.next_cursor).toBeNull();
    expect(answer.headers['cache-control']).toBe('private, no-cache');
  });

  it('nothing on a site that has nothing', async () => {
    expect((await cms.call('GET /cms/sites/nowhere.example/entries')).body).toEqual({ items: [], next_cursor: null });
  });
});

describe('filters', () => {
  it.each([
    ['status=draft', ['Epsilon', 'Delta 100%_']],
    ['status=published', ['Gamma', 'beta', 'Alpha']],
    ['type=article&filter[title][eq]=beta', ['beta']],
    ['type=article&filter[title][ne]=beta', ['Epsilon', 'Delta 100%_', 'Gamma', 'Alpha']],
    ['type=article&filter[title][contains]=A%20100%25_', ['Delta 100%_']],
    ['type=article&filter[title][contains]=eta', ['beta']],
    ['type=article&filter[title][in]=beta,Alpha,nothing', ['beta', 'Alpha']],
    ['type=article&filter[title][in]=Alpha&filter[title][in]=x', ['Alpha']],
    ['type=article&filter[title][gte]=G', ['Gamma']],
    ['type=article&filter[title][lt]=d', ['beta', 'Alpha']],
    ['type=article&filter[rating][gt]=2', ['Gamma', 'beta']],
    ['type=article&filter[rating][gte]=2&filter[rating][lt]=10', ['Delta 100%_', 'Gamma']],
    ['type=article&filter[rating][eq]=2.50', ['Gamma']],
    ['type=article&filter[rating][in]=1,2', ['Delta 100%_', 'Alpha']],
    ['type=article&filter[featured][eq]=true', ['Alpha']],
    ['type=article&filter[topic][eq]=art', ['Gamma']],
    ['type=article&filter[held_on][eq]=2026-01-01', ['beta', 'Alpha']],
    ['type=article&filter[held_on][lte]=2026-01-01T09:00:00%2B01:00', ['beta', 'Alpha']],
    ['type=article&filter[tags][contains]=y', ['beta', 'Alpha']],
    ['type=article&filter[body][contains]=words', ['Gamma']],
    ['filter[author][eq]=u-author', ['Delta 100%_']],
    ['filter[visibility][eq]=members', ['Gamma']],
    ['filter[created_at][gt]=2020-01-01&filter[created_at][lt]=2021-01-01', []],
  ])('%s', async (query, expected) => {
    expect(await titles(query)).toEqual(expected);
  });

  it('look at the copy that the caller sees', async () => {
    const { id } = await createArticle(cms, { title: 'Old name', rating: 7 }, { publish: true });
    await cms.call(`PATCH /cms/a/entries/${id}`, { as: editor, body: { fields: { title: 'New name' } } });
    const find = (name: string, as?: object) =>
      cms.call(`GET /cms/a/entries?type=article&filter[title][eq]=${name}%20name`, { as });
    expect((await find('New')).body.items).toEqual([]);
    expect((await find('Old', author)).body.items).toHaveLength(1);
    expect((await find('New', editor)).body.items).toHaveLength(1);
    expect((await find('Old', editor)).body.items).toEqual([]);
    await cms.call(`DELETE /cms/a/entries/${id}`, { as: editor });
  });
});

describe('orders', () => {
  it.each([
    ['type=article&sort=title', ['Alpha', 'beta', 'Delta 100%_', 'Epsilon', 'Gamma']],
    ['type=article&sort=-rating', ['beta', 'Gamma', 'Delta 100%_', 'Alpha', 'Epsilon']],
    ['type=article&sort=rating', ['Alpha', 'Delta 100%_', 'Gamma', 'beta', 'Epsilon']],
    ['type=article&sort=-featured,-title', ['Alpha', 'Gamma', 'Epsilon', 'Delta 100%_', 'beta']],
    ['sort=created_at', ['Alpha', 'beta', 'Gamma', 'Delta 100%_', 'Epsilon']],
  ])('%s', async (query, expected) => {
    expect(await titles(query)).toEqual(expected);
  });

  it.each([
    'sort=-created_at',
    'sort=published_at',
    'sort=-published_at',
    'sort=updated_at,-created_at',
    'type=article&sort=topic,-rating',
    'type=article&sort=-held_on',
    'type=article&sort=featured,title',
  ])('pages of %s put together are the whole list', async (query) => {
    for (const as of [undefined, member, author, editor]) {
      const whole = (await cms.call(`GET /cms/a/entries?${query}`, { as })).body.items;
      const pages = [];
      let cursor = '';
      do {
        const { body } = await cms.call(`GET /cms/a/entries?${query}&limit=1${cursor}`, { as });
        pages.push(...body.items);
        cursor = body.next_cursor === null ? '' : `&cursor=${body.next_cursor}`;
      } while (cursor !== '');
      expect(pages).toEqual(whole);
    }
  });
});

describe('queries that are refused', () => {
  const place = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');
  it.each([
    ['filter[nothing][eq]=1&type=article', 'unknown_field'],
    ['filter[title][eq]=1', 'unknown_field'],
    ['filter[seq][eq]=1', 'unknown_field'],
    ['sort=title', 'unknown_field'],
    ["type=article&sort=title';drop table entries--", 'unknown_field'],
    ["type=article&filter[title'][eq]=x", 'unknown_field'],
    ['type=article&filter[title)::text][eq]=x', 'unknown_field'],
    ['type=article&filter[__proto__][eq]=x', 'unknown_field'],
    ['type=article&filter[constructor][eq]=x', 'unknown_field'],
    ['type=article&sort=constructor', 'unknown_field'],
    ['type=article&filter[title][like]=x', 'validation_failed'],
    ['type=article&filter[title]=x', 'validation_failed'],
    ['nonsense=1', 'validation_failed'],
    ['type=nothing', 'validation_failed'],
    ['status=deleted', 'validation_failed'],
    ['limit=0', 'validation_failed'],
    ['limit=101', 'validation_failed'],
    ['limit=ten', 'validation_failed'],
    ['type=article&filter[title][eq]=a%00b', 'validation_failed'],
    ['type=article&filter[title][eq]=a&filter[title][eq]=b', 'filter_invalid'],
    ['type=article&filter[rating][eq]=many', 'filter_invalid'],
    ['type=article&filter[rating][eq]=1e999', 'filter_invalid'],
    ['type=article&filter[rating][eq]=', 'filter_invalid'],
    ['type=article&filter[rating][contains]=1', 'filter_invalid'],
    ['type=article&filter[featured][eq]=yes', 'filter_invalid'],
    ['type=article&filter[held_on][lt]=soon', 'filter_invalid'],
    ['type=article&filter[place][eq]=x', 'filter_invalid'],
    ['type=article&filter[tags][eq]=x', 'filter_invalid'],
    ['filter[id][eq]=x', 'filter_invalid'],
    [`type=article&filter[title][in]=${'x,'.repeat(100)}x`, 'filter_invalid'],
    ['type=article&sort=body', 'sort_invalid'],
    ['type=article&sort=place', 'sort_invalid'],
    ['type=article&sort=title,title', 'sort_invalid'],
    ['type=article&sort=title,rating,topic,held_on', 'sort_invalid'],
    ['sort=', 'unknown_field'],
    ['cursor=nonsense', 'invalid_cursor'],
    ['cursor=', 'invalid_cursor'],
    [`cursor=${place('x', 1, 2)}`, 'invalid_cursor'],
    [`cursor=${place('mark', '00000000-0000-7000-8000-000000000000', '2026-01-01')}`, 'invalid_cursor'],
    [`cursor=${'A'.repeat(7_000)}`, 'validation_failed'],
    [Array.from({ length: 21 }, (_, n) => `filter[f${n}][eq]=1`).join('&'), 'validation_failed'],
  ])('%s', async (query, code) => {
    const answer = await cms.call(`GET /cms/a/entries?${query}`, { as: editor });
    expect(answer).toMatchObject({ status: 400, body: { code } });
  });

  it('a cursor of another query, or one whose values were changed', async () => {
    const { body } = await cms.call('GET /cms/a/entries?type=article&sort=title&limit=1', { as: editor });
    const cursor = body.next_cursor;
    const other = await cms.call(`GET /cms/a/entries?type=article&sort=-title&limit=1&cursor=${cursor}`, {
      as: editor,
    });
    expect(other.body).toMatchObject({ code: 'invalid_cursor', detail: 'The cursor belongs to another query.' });
    const content = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    for (const value of ['a\u0000', '\ud800', 5, {}, 'x'.repeat(1_001)]) {
      const forged = place(content[0], content[1], value);
      const answer = await cms.call(`GET /cms/a/entries?type=article&sort=title&limit=1&cursor=${forged}`, {
        as: editor,
      });
      expect(answer.status).toBe(400);
    }
    const moved = await titles(`type=article&sort=title&cursor=${place(content[0], content[1], "zzz' or true--")}`);
    expect(moved).toEqual([]);
  });
});
