import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  admin,
  author,
  createArticle,
  defineArticle,
  editor,
  fileId,
  foreigner,
  member,
  OTHER_SITE,
  SITE,
  startCms,
  type TestCms,
} from '../cms.ts';

let cms: TestCms;
let target: { id: string };
let open: { id: string };
let hidden: { id: string };
let calls: { url: string; headers: Headers }[] = [];
let assetsUp = true;
/** A file that assets does not return. */
let closed: string | undefined;
/** What assets tells of an image. */
let image: object = {};

const serviceClients: typeof globalThis.fetch = async (input, init) => {
  const url = String(input);
  calls.push({ url, headers: new Headers(init?.headers) });
  if (url.startsWith('http://assets.test/')) {
    if (!assetsUp) throw new TypeError('fetch failed');
    const ids = new URL(url).searchParams.get('ids')?.split(',') ?? [];
    const items = ids
      .filter((id) => id !== closed)
      .map((id) => ({ id, file_name: `${id}.png`, size: 12, path: '/x', ...image }));
    return Response.json({ items });
  }
  return Response.json({ items: [{ id: open.id, title: 'Open', highlight: '<mark>O</mark>' }], total: 1 });
};

beforeAll(async () => {
  cms = await startCms(serviceClients);
  await defineArticle(cms);
  target = await createArticle(cms, { title: 'Target' }, { publish: true, visibility: 'members' });
  open = await createArticle(
    cms,
    { title: 'Open', rating: 4, related: target.id, picture: fileId(1), tags: ['a'], place: { city: 'Oslo' } },
    { publish: true },
  );
  hidden = await createArticle(cms, { title: 'Hidden' });
  const fields = [
    { name: 'title', type: 'text' },
    { name: 'salary', type: 'number', readable_by: ['editor'], writable_by: ['editor'] },
  ];
  await cms.call('POST /cms/a/types', { as: admin, body: { name: 'staff-member', fields } });
  const body = { type: 'staff-member', fields: { title: 'Ann', salary: 5 } };
  const { id } = (await cms.call('POST /cms/a/entries', { as: editor, body })).body;
  await cms.call(`POST /cms/a/entries/${id}/publish`, { as: editor });
});
afterAll(() => cms.close());

async function query(text: string, as?: object, variables: object = {}, headers: Record<string, string> = {}) {
  calls = [];
  return cms.call('POST /graphql', {
    as,
    body: { query: text, variables },
    headers: { 'x-gaia-site': SITE, ...headers },
  });
}

describe('a query', () => {
  it('gives what REST gives', async () => {
    const text = `{ article_list(sort: "title") { items {
      id status visibility version title rating tags place { city } related { id type } picture { id } } next_cursor } }`;
    const { status, body } = await query(text, member);
    expect(status).toBe(200);
    expect(body.errors).toBeUndefined();
    expect(body.data.article_list).toEqual({
      items: [
        {
          id: open.id,
          status: 'published',
          visibility: 'public',
          version: 2,
          title: 'Open',
          rating: 4,
          tags: ['a'],
          place: { city: 'Oslo' },
          related: { id: target.id, type: 'article' },
          picture: { id: fileId(1) },
        },
        expect.objectContaining({ id: target.id, related: null }),
      ],
      next_cursor: null,
    });
    // Who asks a file for no more than its id needs no other service.
    expect(calls).toEqual([]);
  });

  it('leads to no entry that the caller may not read', async () => {
    const text = `query($id: ID!, $hidden: ID!) { article(id: $id) { title related { id } }
      hidden: article(id: $hidden) { id } entry(id: $hidden) { id } }`;
    const { body } = await query(text, undefined, { id: open.id, hidden: hidden.id });
    expect(body).toEqual({ data: { article: { title: 'Open', related: null }, hidden: null, entry: null } });
    expect((await query(text, editor, { id: open.id, hidden: hidden.id })).body.data.hidden).toEqual({ id: hidden.id });
  });

  it('filters and sorts as REST does', async () => {
    const text = `{ article_list(filter: [{ field: "rating", operator: "gte", values: ["4"] }]) { items { title } } }`;
    expect((await query(text, member)).body.data.article_list.items).toEqual([{ title: 'Open' }]);
  });

  it('asks assets once for each file, in the name of the caller', async () => {
    const text = `{ a: article(id: "${open.id}") { picture { file_name size } }
      b: article_list { items { title picture { file_name } } } }`;
    const { body } = await query(
      text,
      member,
      {},
      { traceparent: '00-11111111111111111111111111111111-2222222222222222-01' },
    );
    expect(body.data.a.picture).toEqual({ file_name: `${fileId(1)}.png`, size: 12 });
    expect(calls).toHaveLength(1);
    expect(calls[0]?.headers.get('authorization')).toMatch(/^Bearer ey/);
    expect(calls[0]?.headers.get('traceparent')).toMatch(/^00-1111/);
    expect(calls[0]?.headers.get('x-request-id')).toMatch(/./);
  });

  it('gives addresses of an image in other sizes and formats', async () => {
    const of = (fields: string) => query(`{ article(id: "${open.id}") { picture { ${fields} } } }`, member);
    const id = fileId(1);
    expect((await of('url srcset')).body.data.article.picture).toEqual({ url: `/assets/${id}`, srcset: null });
    expect((await of('url(width: 640, format: WEBP)')).body.data.article.picture).toEqual({ url: `/assets/${id}` });
    const sha256 = 'ab'.repeat(32);
    const placeholder = 'data:image/webp;base64,AA';
    image = { width: 700, height: 500, placeholder, sha256, avif: ['w384-q80'], focal: { x: 0.2, y: 1 } };
    const { body } = await of(`width height placeholder focal { x y }
      plain: url(width: 640, quality: 70, focal: { x: 0.333, y: 7 })
      webp: url(width: 640, height: 640, fit: COVER, format: WEBP)
      srcset(width: 480) avif: srcset(format: AVIF) jpeg: srcset(format: JPEG, width: 3840)`);
    const address = (key: string, name: string) =>
      expect.stringMatching(new RegExp(`^/assets/${id}/${key}-[0-9a-f]{16}/${name}$`));
    expect(body.data.article.picture).toMatchObject({ width: 700, height: 500, placeholder, focal: { x: 0.2, y: 1 } });
    expect(body.data.article.picture).toMatchObject({
      plain: `/assets/${id}?width=640&quality=70&focal=0.35%2C1`,
      webp: address('w640-h640-cover-4-20-q80', `${id}.webp`),
    });
    const widthsOf = (srcset: string) => srcset.split(', ').map((entry) => entry.split(' ')[1]);
    const { srcset, avif, jpeg } = body.data.article.picture;
    expect([srcset, avif, jpeg].map(widthsOf)).toEqual([
      ['320w', '384w', '480w'],
      ['384w'],
      ['320w', '384w', '480w', '640w', '700w'],
    ]);
    const refused = await of('url(width: 641)');
    expect(refused.body.errors[0].extensions).toMatchObject({
      code: 'validation_failed',
      reason: 'width_not_allowed',
      allowed: expect.arrayContaining([640, 750]),
    });
    image = {};
  });

  it('asks assets for all files of a list in one call', async () => {
    const articles = [];
    for (const n of [11, 12, 13]) {
      const fields = { title: `Gallery ${n}`, slug: `gallery-${n}`, picture: fileId(n) };
      articles.push(await createArticle(cms, fields));
    }
    closed = fileId(12);
    const filter = '[{ field: "title", operator: "contains", values: ["Gallery"] }]';
    const { body } = await query(
      `{ article_list(filter: ${filter}, sort: "title") { items { picture { id size media_type } } } }`,
      editor,
    );
    closed = undefined;
    expect(calls.map(({ url }) => url)).toEqual([
      `http://assets.test/assets/sites/${SITE}/metadata?ids=${[11, 12, 13].map(fileId).join(',')}`,
    ]);
    const picture = (n: number, size: number | null) => ({ picture: { id: fileId(n), size, media_type: null } });
    expect(body).toEqual({ data: { article_list: { items: [picture(11, 12), picture(12, null), picture(13, 12)] } } });
    for (const { id } of articles) await cms.call(`DELETE /cms/a/entries/${id}`, { as: editor });
  });

  it('is answered in part while assets is down', async () => {
    assetsUp = false;
    const { status, body } = await query(`{ article(id: "${open.id}") { title picture { id file_name } } }`, member);
    assetsUp = true;
    expect(status).toBe(200);
    expect(body.data.article).toEqual({ title: 'Open', picture: { id: fileId(1), file_name: null } });
    expect(body.errors).toMatchObject([
      { path: ['article', 'picture', 'file_name'], extensions: { code: 'assets_unavailable', status: 503 } },
    ]);
  });

  it('searches by the service search, and reads what is found again', async () => {
    const text = `{ search(q: "open", limit: 5) { total items { highlight entry { id ... on Article { title } } } } }`;
    const { body } = await query(text);
    expect(body.data.search).toEqual({
      total: 1,
      items: [{ highlight: '<mark>O</mark>', entry: { id: open.id, title: 'Open' } }],
    });
    expect(calls[0]?.url).toBe(`http://search.test/search?site=${SITE}&q=open&limit=5`);
    expect(calls[0]?.headers.has('authorization')).toBe(false);
  });
});

describe('a mutation', () => {
  it('creates, changes upon the expected version, publishes and deletes', async () => {
    const created = await query(
      `mutation { create_article(fields: { title: "New", place: { city: "Rome" } }, visibility: "members") {
        seq entry { id version visibility place { city } } } }`,
      editor,
    );
    expect(created.body.errors).toBeUndefined();
    const { entry, seq } = created.body.data.create_article;
    expect([entry.version, entry.visibility, entry.place.city]).toEqual([1, 'members', 'Rome']);
    expect(seq).toMatch(/^\d+$/);
    const change = (version: number, rating: number) =>
      query(
        `mutation($id: ID!, $version: Int, $rating: Float) {
          update_article(id: $id, expectedVersion: $version, fields: { rating: $rating }) { entry { version rating } } }`,
        editor,
        { id: entry.id, version, rating },
      );
    expect((await change(1, 3)).body.data.update_article.entry).toEqual({ version: 2, rating: 3 });
    expect((await change(1, 4)).body.errors).toMatchObject([
      { extensions: { code: 'version_conflict', status: 412, fields: ['rating'], current_version: 2 } },
    ]);
    const published = await query(`mutation { publish_entry(id: "${entry.id}") { entry { status } } }`, editor);
    expect(published.body.data.publish_entry.entry.status).toBe('published');
    const gone = await query(`mutation { delete_entry(id: "${entry.id}") { seq } }`, editor);
    expect(gone.body.data.delete_entry.seq).toMatch(/^\d+$/);
  });

  it.each<[string, object | undefined, string, string]>([
    ['anonymous', undefined, 'create_article(fields: { title: "x" }) { seq }', 'insufficient_scope'],
    [
      'an author who publishes',
      author,
      'create_article(fields: { title: "x" }, publish: true) { seq }',
      'insufficient_scope',
    ],
    ['a member', member, 'create_article(fields: { title: "x" }) { seq }', 'insufficient_scope'],
    ['an author publishing', author, 'publish_entry(id: "ID") { seq }', 'insufficient_scope'],
    ['an author', author, 'update_article(id: "ID", fields: { title: "x" }) { seq }', 'insufficient_scope'],

    ['a title with NUL', editor, 'create_article(fields: { title: "a\\u0000" }) { seq }', 'validation_failed'],
    ['half a surrogate', editor, 'create_article(fields: { title: "\\uD800" }) { seq }', 'query_invalid'],
    [
      'an unknown visibility',
      editor,
      'create_article(fields: { title: "x" }, visibility: "all") { seq }',
      'validation_failed',
    ],
    [
      'roles without names',
      editor,
      'create_article(fields: { title: "x" }, visibility: "roles") { seq }',
      'validation_failed',
    ],
    [
      'an unknown product',
      editor,
      'create_article(fields: { title: "x" }, visibility: "products", products: ["p"]) { seq }',
      'validation_failed',
    ],
    [
      'an entry of another type',
      editor,
      'update_staffMember(id: "ID", fields: { title: "x" }) { seq }',
      'entry_not_found',
    ],
    ['a field that is not writable', author, 'create_staffMember(fields: { salary: 9 }) { seq }', 'field_not_writable'],
    ['no id', editor, 'publish_entry(id: "x") { seq }', 'entry_not_found'],
  ])('%s is refused', async (_case, as, text, code) => {
    const { body } = await query(`mutation { ${text.replace('ID', open.id)} }`, as);
    expect(body.errors?.map((error: { extensions: { code: string } }) => error.extensions.code)).toEqual([code]);
  });
});

describe('what is refused', () => {
  const nested = (levels: number) =>
    `{ entry(id: "x") ${'{ ... on Article { related '.repeat(levels)}{ id }${' } }'.repeat(levels)} }`;
  const aliases = (count: number) =>
    `{ ${Array.from({ length: count }, (_, n) => `a${n}: article_list { items { title } }`).join(' ')} }`;
  const bomb = `${Array.from({ length: 30 }, (_, n) => `fragment F${n} on Article { ...F${n + 1} x${n}: related { ...F${n + 1} } }`).join(' ')}
    fragment F30 on Article { title }`;
  const chain = Array.from({ length: 490 }, (_, n) => `fragment F${n} on Query{...F${n + 1}}`).join(' ');
  it.each<[string, object | undefined, string, string]>([
    ['eleven levels', member, nested(10), 'query_too_deep'],
    ['a flood of aliases', member, aliases(400), 'query_too_expensive'],
    [
      'a flood of aliases of mutations',
      editor,
      `mutation { ${Array.from({ length: 60 }, (_, n) => `a${n}: publish_entry(id: "x") { seq }`).join(' ')} }`,
      'query_too_expensive',
    ],
    [
      'lists in lists',
      member,
      `{ article_list(limit: 100) { items { ${Array.from({ length: 30 }, (_, n) => `a${n}: related { id type }`).join(' ')} } } }`,
      'query_too_expensive',
    ],
    [
      'a limit in a default of a variable',
      member,
      `query($n: Int = 100) { article_list(limit: $n) { items { ${Array.from({ length: 60 }, (_, n) => `a${n}: title`).join(' ')} } } }`,
      'query_too_expensive',
    ],
    ['too many tokens', member, `{ ${'me { user } '.repeat(2_000)} }`, 'query_invalid'],
    ['2,000 lists in lists', undefined, `{ article(id: ${'['.repeat(2_000)}`, 'query_too_deep'],
    [
      '1,900 lists in lists that end',
      undefined,
      `{ article(id: ${'['.repeat(1_900)}${']'.repeat(1_900)}) { id } }`,
      'query_too_deep',
    ],
    ['objects in objects', undefined, `{ article(id: ${'{a:'.repeat(1_000)}`, 'query_too_deep'],
    ['selections in selections', undefined, '{a'.repeat(1_900), 'query_too_deep'],
    ['lists of lists as a type', undefined, `query($x: ${'['.repeat(1_900)}`, 'query_too_deep'],
    ['one bracket too many', undefined, `{ article(id: ${'['.repeat(63)}`, 'query_too_deep'],
    [
      'as many as there may be',
      undefined,
      `{ article(id: ${'['.repeat(62)}${']'.repeat(62)}) { id } }`,
      'query_invalid',
    ],
    ['a long chain of fragments', undefined, `{ ...F0 } ${chain}`, 'query_invalid'],
    ['a bomb of fragments', member, `${bomb} query { article(id: "x") { ...F0 } }`, 'query_too_deep'],
    [
      'fragments in a circle',
      member,
      'fragment A on Article { related { ...A } } { article(id: "x") { ...A } }',
      'query_invalid',
    ],
    ['anonymous introspection', undefined, '{ __schema { types { name } } }', 'introspection_forbidden'],
    ['introspection by a reader', member, '{ __type(name: "Article") { fields { name } } }', 'introspection_forbidden'],
    [
      'introspection in a fragment',
      member,
      'query { ...F } fragment F on Query { __schema { types { name } } }',
      'introspection_forbidden',
    ],
    ['no GraphQL', member, '{ article( }', 'query_invalid'],
    ['no such field', member, '{ nothing }', 'query_invalid'],
    ['two operations and no name', member, 'query A { me { user } } query B { me { user } }', 'query_invalid'],
    ['a subscription', member, 'subscription { me { user } }', 'query_invalid'],
  ])('%s', async (_case, as, text, code) => {
    const { status, body } = await query(text, as);
    expect([status, body.data]).toEqual([400, undefined]);
    expect(body.errors[0].extensions.code).toBe(code);
  });

  it('counts no bracket of a text or a comment', async () => {
    const brackets = '{[('.repeat(200);
    const text = `{ # ${brackets}\n a: entry(id: "${brackets}") { id } b: entry(id: """${brackets}""") { id } }`;
    expect(await query(text)).toMatchObject({ status: 200, body: { data: { a: null, b: null } } });
  });

  it.each<[string, string, string]>([
    ['a field that is not readable', '{ staffMember_list { items { title salary } } }', 'field_not_readable'],
    [
      'a filter by it',
      '{ staffMember_list(filter: [{ field: "salary", operator: "gt", values: ["1"] }]) { items { title } } }',
      'field_not_readable',
    ],
    ['an order by it', '{ staffMember_list(sort: "salary") { items { title } } }', 'field_not_readable'],
    [
      'an unknown field in a filter',
      '{ article_list(filter: [{ field: "x", values: ["1"] }]) { items { id } } }',
      'unknown_field',
    ],
    [
      'an unknown operator',
      '{ article_list(filter: [{ field: "title", operator: "like", values: ["1"] }]) { items { id } } }',
      'validation_failed',
    ],
    ['a limit of 0', '{ article_list(limit: 0) { items { id } } }', 'validation_failed'],
    ['a cursor that is none', '{ article_list(cursor: "x") { items { id } } }', 'invalid_cursor'],
    [
      'NUL in a filter',
      '{ article_list(filter: [{ field: "title", values: ["\\u0000"] }]) { items { id } } }',
      'validation_failed',
    ],
    ['NUL in an id', '{ article(id: "\\u0000") { id } }', 'validation_failed'],
  ])('%s, as an error in the answer', async (_case, text, code) => {
    const { status, body } = await query(text, member);
    expect(status).toBe(200);
    expect(body.errors[0].extensions.code).toBe(code);
  });

  it('an answer in part keeps what is readable', async () => {
    const { body } = await query('{ staffMember_list { items { title salary } } }', member);
    expect(body.data.staffMember_list.items).toEqual([{ title: 'Ann', salary: null }]);
    const all = await query('{ staffMember_list { items { salary } } }', editor);
    expect(all.body.data.staffMember_list.items).toEqual([{ salary: 5 }]);
  });

  it('proposals that would tell the schema to who may not see it', async () => {
    expect((await query('{ articel_list { items { id } } }', member)).body.errors[0].message).not.toMatch(
      /Did you mean/,
    );
    expect((await query('{ articel_list { items { id } } }', editor)).body.errors[0].message).toMatch(/Did you mean/);
    const schema = await query('{ __schema { queryType { fields { name } } } }', author);
    expect(JSON.stringify(schema.body)).toContain('article_list');
  });

  it.each<[string, object | undefined, Record<string, string>, string]>([
    ['a token of another site', foreigner, { 'x-gaia-site': SITE }, 'forbidden'],
    ['no site at all', undefined, { 'x-gaia-site': '' }, 'site_missing'],
    ['a site that is none', undefined, { 'x-gaia-site': 'A b' }, 'site_missing'],
    ['a token that is none', undefined, { authorization: 'Bearer x' }, 'token_malformed'],
  ])('%s', async (_case, as, headers, code) => {
    expect((await query('{ me { user } }', as, {}, headers)).body.code).toBe(code);
  });

  it('bodies beyond their bounds', async () => {
    expect((await query(`{ me { user } } #${'x'.repeat(40_000)}`, member)).body.code).toBe('validation_failed');
    const variables = { x: 'x'.repeat(300_000) };
    expect((await query('{ me { user } }', member, variables)).body.code).toBe('payload_too_large');
    expect((await cms.call('POST /graphql', { body: [{ query: '{ me { user } }' }] })).body.code).toBe(
      'validation_failed',
    );
  });

  it('every entry of another site', async () => {
    const { body } = await query(
      '{ entry_list { items { id } } me { user site } }',
      foreigner,
      {},
      { 'x-gaia-site': OTHER_SITE },
    );
    expect(body.data).toEqual({ entry_list: { items: [] }, me: { user: 'u-foreign', site: OTHER_SITE } });
  });
});
