import type { TokenRequest } from '@gaia/testing/issuer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, author, editor, feedEvents, fileId, member, startCms, type TestCms } from './cms.ts';

let cms: TestCms;
let id: string;
const press = { ...member, subject: 'u-press', claims: { roles: ['member', 'press'] } };
beforeAll(async () => {
  cms = await startCms();
  const fields = [
    { name: 'title', type: 'text', required: true },
    { name: 'embargo', type: 'text', readable_by: ['press', 'editor'] },
    { name: 'notes', type: 'richText', readable_by: ['editor'], writable_by: ['editor'] },
    { name: 'scan', type: 'asset', readable_by: ['editor'] },
    { name: 'price', type: 'number', writable_by: ['editor'] },
  ];
  const type = await cms.call('POST /cms/a/types', { as: admin, body: { name: 'release', fields } });
  expect(type.status).toBe(201);
  const values = { title: 'T', embargo: 'tomorrow', notes: 'to be kept', scan: fileId(9), price: 3 };
  const created = await cms.call('POST /cms/a/entries', { as: editor, body: { type: 'release', fields: values } });
  id = created.body.id;
  await cms.call(`POST /cms/a/entries/${id}/publish`, { as: editor });
});
afterAll(() => cms.close());

describe('a field with readers', () => {
  it.each([
    ['everybody', undefined, ['price', 'title']],
    ['a member', member, ['price', 'title']],
    ['the press', press, ['embargo', 'price', 'title']],
    ['an editor', editor, ['embargo', 'notes', 'price', 'scan', 'title']],
    ['who defines types', admin, ['embargo', 'notes', 'price', 'scan', 'title']],
  ])('is left out of what %s is answered', async (_who, as, names) => {
    const one = await cms.call(`GET /cms/a/entries/${id}`, { as });
    const list = await cms.call('GET /cms/a/entries', { as });
    expect(Object.keys(one.body.fields).toSorted()).toEqual(names);
    expect(list.body.items[0].fields).toEqual(one.body.fields);
  });

  it.each([
    ['filter[notes][contains]=kept', member, 403],
    ['filter[embargo][eq]=x', undefined, 403],
    ['sort=embargo', member, 403],
    ['sort=-price,embargo', author, 403],
    ['filter[notes][contains]=kept', editor, 200],
    ['sort=embargo', press, 200],
    ['filter[price][eq]=3', undefined, 200],
  ])('%s', async (query, as, status) => {
    const answer = await cms.call(`GET /cms/a/entries?type=release&${query}`, { as });
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.body).toMatchObject({ code: 'field_not_readable' });
  });

  it('makes another validator of the same version for those who read it', async () => {
    const read = (as: TokenRequest | undefined, known?: string) =>
      cms.call(`GET /cms/a/entries/${id}`, { as, headers: { ...(known && { 'if-none-match': known }) } });
    const readers = [undefined, member, press, editor];
    const tags = await Promise.all(readers.map(async (as) => String((await read(as)).headers.etag)));
    expect(tags[0]).toBe(tags[1]);
    expect(new Set(tags).size).toBe(3);
    expect(tags.every((tag) => tag.startsWith('"2.'))).toBe(true);
    for (const [index, as] of readers.entries()) {
      const statuses = await Promise.all(tags.map(async (tag) => (await read(as, tag)).status));
      expect(statuses).toEqual(tags.map((tag) => (tag === tags[index] ? 304 : 200)));
    }
    expect((await read(undefined, tags[0])).headers).toMatchObject({
      etag: tags[0],
      vary: 'authorization',
      'cache-control': 'private, no-cache',
    });
  });

  it('stands apart in the feed', async () => {
    const { published } = (await feedEvents(cms)).at(-1).entry;
    expect([published.title, published.text, published.assets]).toEqual(['T', '', []]);
    expect(published.restricted).toEqual([
      { readable_by: ['editor', 'press'], text: 'tomorrow', assets: [] },
      { readable_by: ['editor'], text: 'to be kept', assets: [fileId(9)] },
    ]);
  });
});

describe('If-Match after the rights of the caller have changed', () => {
  it.each([
    ['fewer', editor, author],
    ['more', author, editor],
  ])('lets a change upon the same version through for who has %s rights by now', async (_how, before, after) => {
    const same = { subject: 'u-changing' };
    const { body } = await cms.call('POST /cms/a/entries', {
      as: { ...author, ...same },
      body: { type: 'release', fields: { title: 'Mine' } },
    });
    const notes = { fields: { notes: 'for editors' } };
    await cms.call(`PATCH /cms/a/entries/${body.id}`, { as: editor, body: notes });
    const path = `/cms/a/entries/${body.id}`;
    const { headers } = await cms.call(`GET ${path}`, { as: { ...before, ...same } });
    const change = (title: string) =>
      cms.call(`PATCH ${path}`, {
        as: { ...after, ...same },
        body: { fields: { title } },
        headers: { 'if-match': String(headers.etag) },
      });
    const changed = await change('Still mine');
    expect(changed.status).toBe(200);
    expect((await cms.call(`GET ${path}`, { as: { ...after, ...same } })).headers.etag).toBe(changed.headers.etag);
    expect(await change('Lost')).toMatchObject({ status: 412, body: { code: 'version_conflict', fields: ['title'] } });
  });
});

describe('a field with writers', () => {
  it('is refused from others, when an entry is made or changed', async () => {
    const body = { type: 'release', fields: { title: 'Mine', notes: 'x', price: 1 } };
    const refused = await cms.call('POST /cms/a/entries', { as: author, body });
    expect(refused).toMatchObject({ status: 403, body: { code: 'field_not_writable', fields: ['notes', 'price'] } });
    const made = await cms.call('POST /cms/a/entries', {
      as: author,
      body: { type: 'release', fields: { title: 'Mine' } },
    });
    const change = (fields: object, as: object) =>
      cms.call(`PATCH /cms/a/entries/${made.body.id}`, { as, body: { fields } });
    expect((await change({ price: null }, author)).body.code).toBe('field_not_writable');
    expect((await change({ price: 5, notes: 'by the editor' }, editor)).status).toBe(200);
    const after = await change({ title: 'Still mine' }, author);
    expect(after.body.fields).toEqual({ title: 'Still mine', price: 5 });
    const read = `GET /cms/a/entries/${made.body.id}?rich_text=text`;
    expect((await cms.call(read, { as: editor })).body.fields.notes).toBe('by the editor');
  });
});

it.each([
  ['no list', { readable_by: 'editor' }],
  ['an empty list', { readable_by: [] }],
  ['no name of a role', { writable_by: ['Not a role'] }],
  ['within an object', { type: 'object', fields: [{ name: 'b', type: 'text', readable_by: ['editor'] }] }],
])('a rule that is %s is refused', async (_case, options) => {
  const body = { name: `t${Math.random().toString(36).slice(2)}`, fields: [{ name: 'a', type: 'text', ...options }] };
  expect(await cms.call('POST /cms/a/types', { as: admin, body })).toMatchObject({
    status: 400,
    body: { code: 'validation_failed' },
  });
});

describe('references', () => {
  it('are kept as both copies mention them', async () => {
    const fields = [
      { name: 'next', type: 'reference' },
      { name: 'all', type: 'list', of: { type: 'reference' } },
    ];
    await cms.call('POST /cms/a/types', { as: admin, body: { name: 'chapter', fields } });
    const body = { type: 'chapter', fields: { next: id, all: [id] } };
    const chapter = (await cms.call('POST /cms/a/entries', { as: editor, body })).body;
    const kept = async () => {
      const rows = await cms.database.selectFrom('entry_refs').selectAll().where('entry_id', '=', chapter.id).execute();
      return rows.map((row) => `${row.published} ${row.target_id === id}`).toSorted();
    };
    expect(await kept()).toEqual(['false true', 'false true']);
    await cms.call(`POST /cms/a/entries/${chapter.id}/publish`, { as: editor });
    await cms.call(`PATCH /cms/a/entries/${chapter.id}`, { as: editor, body: { fields: { all: [] } } });
    expect(await kept()).toEqual(['false true', 'true true', 'true true']);
    await cms.call(`PATCH /cms/a/entries/${chapter.id}`, { as: editor, body: { fields: { next: null } } });
    expect(await kept()).toEqual(['true true', 'true true']);
    await cms.call(`DELETE /cms/a/entries/${chapter.id}`, { as: editor });
    expect(await kept()).toEqual([]);
  });

  it('go with the field that made them, and come to entries that have none yet', async () => {
    const shape = { name: 'part', type: 'object', fields: [{ name: 'of', type: 'reference' }] };
    const fields = [{ name: 'next', type: 'reference' }, shape];
    const type = await cms.call('POST /cms/a/types', { as: admin, body: { name: 'page', fields } });
    const body = { type: 'page', fields: { next: id, part: { of: id } } };
    const page = (await cms.call('POST /cms/a/entries', { as: editor, body })).body;
    await cms.call(`POST /cms/a/entries/${page.id}/publish`, { as: editor });
    await cms.database.deleteFrom('entry_refs').where('entry_id', '=', page.id).execute();
    const [next, part] = type.body.fields;
    const change = async (changed: object) => {
      expect(await cms.call('PATCH /cms/a/types/page', { as: admin, body: changed })).toMatchObject({ status: 200 });
      await cms.refresh();
      const rows = await cms.database.selectFrom('entry_refs').selectAll().where('entry_id', '=', page.id).execute();
      return rows.map((row) => `${row.published} ${row.field_id}`).toSorted();
    };
    expect(await change({ label: 'Page' })).toEqual(
      [`false ${next.id}`, `false ${part.id}`, `true ${next.id}`, `true ${part.id}`].toSorted(),
    );
    const inner = part.fields[0].id;
    const without = { id: part.id, name: 'part', type: 'object', fields: [] };
    expect(
      await change({ fields: [{ id: next.id, name: 'next', type: 'reference' }, without], remove: [inner] }),
    ).toEqual([`false ${next.id}`, `true ${next.id}`]);
    expect(await change({ fields: [without], remove: [next.id] })).toEqual([]);
  });

  it.each([
    ['a text', { name: 'title', type: 'reference' }],
    ['a list of texts', { name: 'all', type: 'list', of: { type: 'asset' } }],
    ['a text in an object', { name: 'part', type: 'object', fields: [{ name: 'of', type: 'asset' }] }],
  ])('cannot come out of what was %s', async (_case, field) => {
    const name = `t${Math.random().toString(36).slice(2)}`;
    const fields = [
      { name: 'title', type: 'text' },
      { name: 'all', type: 'list', of: { type: 'text' } },
      { name: 'part', type: 'object', fields: [{ name: 'of', type: 'text' }] },
    ];
    await cms.call('POST /cms/a/types', { as: admin, body: { name, fields } });
    const changed = fields.map((one) => (one.name === field.name ? field : one));
    const { status, body } = await cms.call(`PATCH /cms/a/types/${name}`, { as: admin, body: { fields: changed } });
    expect([status, body.code]).toEqual([400, 'validation_failed']);
    expect(body.detail).toContain('stays so');
  });
});
