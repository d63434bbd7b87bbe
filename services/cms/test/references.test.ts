import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, author, editor, feedEvents, member, SITE, startCms, type TestCms } from './cms.ts';

let cms: TestCms;
beforeAll(async () => {
  cms = await startCms();
  const define = async (name: string, fields: object[]) =>
    expect(await cms.call('POST /cms/a/types', { as: admin, body: { name, fields } })).toMatchObject({ status: 201 });
  await define('person', [
    { name: 'name', type: 'text' },
    { name: 'friend', type: 'reference' },
  ]);
  await define('book', [
    { name: 'title', type: 'text' },
    { name: 'writer', type: 'reference', to: ['person'] },
    { name: 'readers', type: 'list', of: { type: 'reference' } },
    { name: 'credits', type: 'list', of: { type: 'object', fields: [{ name: 'who', type: 'reference' }] } },
    { name: 'secret', type: 'reference', readable_by: ['editor'], writable_by: ['editor'] },
  ]);
  await define('prize', [{ name: 'winner', type: 'reference', required: true }]);
});
afterAll(() => cms.close());

async function create(type: string, fields: object, as = editor) {
  const { status, body } = await cms.call('POST /cms/a/entries', { as, body: { type, fields } });
  expect([status, body.detail]).toEqual([201, undefined]);
  return body.id as string;
}
const act = (id: string, action: string, query = '', as = editor) =>
  action === 'delete'
    ? cms.call(`DELETE /cms/a/entries/${id}${query}`, { as })
    : cms.call(`POST /cms/a/entries/${id}/${action}${query}`, { as });
const publish = async (id: string) => expect((await act(id, 'publish')).status).toBe(200);
const read = async (id: string, as: object | undefined = editor) =>
  (await cms.call(`GET /cms/a/entries/${id}`, { as })).body;

describe('what other entries refer to', () => {
  it('is not deleted; who refers to it is named as far as the caller may see it', async () => {
    const target = await create('person', { name: 'Ann' }, author);
    const mine = await create('book', { title: 'Mine', readers: [target] }, author);
    await create('book', { title: 'Not yours', writer: target, secret: target });
    const refused = await act(target, 'delete', '', author);
    expect(refused).toMatchObject({ status: 409, body: { code: 'entry_in_use', referenced_by_total: 2 } });
    expect(refused.body.referenced_by).toEqual([
      { id: mine, type: 'book', title: 'Mine', status: 'draft', draft: ['readers'], published: [] },
    ]);
    expect((await act(target, 'delete')).body.referenced_by).toHaveLength(2);
    expect((await read(target)).id).toBe(target);
  });

  it('does not stand in its own way', async () => {
    const target = await create('person', { name: 'Selfish' });
    await cms.call(`PATCH /cms/a/entries/${target}`, { as: editor, body: { fields: { friend: target } } });
    await publish(target);
    expect((await act(target, 'delete')).status).toBe(204);
  });

  it('is unlinked everywhere on request, with versions, events and an audit entry each', async () => {
    const target = await create('person', { name: 'Bob' });
    await publish(target);
    const other = await create('person', { name: 'Stays' });
    await publish(other);
    const fields = {
      title: 'B',
      writer: target,
      readers: [other, target, other],
      credits: [{ who: target }, { who: other }],
    };
    const book = await create('book', fields);
    await publish(book);
    expect((await act(target, 'delete', '?references=unlink')).status).toBe(204);
    const left = { title: 'B', readers: [other, other], credits: [{}, { who: other }] };
    expect(await read(book)).toMatchObject({ version: 3, changed: false, fields: left, updated_by: 'u-editor' });
    expect((await read(book, {})).fields ?? (await cms.call(`GET /cms/a/entries/${book}`)).body.fields).toEqual(left);
    const events = (await feedEvents(cms)).slice(-2);
    expect(events.map(({ id, entry }: { id: string; entry: unknown }) => [id, entry === null])).toEqual(
      expect.arrayContaining([
        [target, true],
        [book, false],
      ]),
    );
    const audited = (await cms.call('GET /cms/audit?limit=2', { as: admin })).body.items;
    expect(audited.map((item: { action: string }) => item.action).toSorted()).toEqual(['entry.change', 'entry.remove']);
  });

  it('is unlinked only by who may change all that refers to it', async () => {
    const target = await create('person', { name: 'Cid' }, author);
    await create('book', { title: 'Editor’s', writer: target });
    const hidden = await act(target, 'delete', '?references=unlink', author);
    expect(hidden).toMatchObject({
      status: 409,
      body: { code: 'entry_in_use', referenced_by: [], referenced_by_total: 1 },
    });
    const mine = await create('person', { name: 'Dan' }, author);
    const book = await create('book', { title: 'Of the author', writer: mine }, author);
    await cms.call(`PATCH /cms/a/entries/${book}`, { as: editor, body: { fields: { secret: mine } } });
    expect(await act(mine, 'delete', '?references=unlink', author)).toMatchObject({
      status: 403,
      body: { code: 'field_not_writable', fields: ['secret'] },
    });
  });

  it('stays while a published entry requires it', async () => {
    const target = await create('person', { name: 'Eve' });
    await publish(target);
    const prize = await create('prize', { winner: target });
    await publish(prize);
    for (const action of ['delete', 'unpublish']) {
      expect(await act(target, action, '?references=unlink')).toMatchObject({
        status: 409,
        body: { code: 'entry_in_use' },
      });
    }
    expect((await read(prize)).fields.winner).toBe(target);
  });

  it('is not unpublished while readers are led to it, or is unlinked from what they see', async () => {
    const target = await create('person', { name: 'Fay' });
    await publish(target);
    const book = await create('book', { title: 'F', writer: target });
    await publish(book);
    expect(await act(target, 'unpublish')).toMatchObject({
      status: 409,
      body: { code: 'entry_in_use', referenced_by_total: 1 },
    });
    expect((await act(target, 'unpublish', '?references=unlink')).status).toBe(200);
    expect(await read(book)).toMatchObject({ changed: true, fields: { writer: target } });
    expect((await cms.call(`GET /cms/a/entries/${book}`)).body.fields).toEqual({ title: 'F' });
  });

  it('is either deleted or referred to when both are asked for at once', async () => {
    for (let round = 0; round < 8; round += 1) {
      const target = await create('person', { name: 'Race' });
      const body = { type: 'book', fields: { title: 'R', writer: target } };
      const [made, removed] = await Promise.all([
        cms.call('POST /cms/a/entries', { as: editor, body }),
        act(target, 'delete'),
      ]);
      expect([
        [201, 409],
        [400, 204],
      ]).toContainEqual([made.status, removed.status]);
    }
  });
});

describe('publishing', () => {
  it('a reference to a draft is refused with its place, and publishes the draft too on request, in circles also', async () => {
    const one = await create('person', { name: 'One' });
    const two = await create('person', { name: 'Two', friend: one });
    await cms.call(`PATCH /cms/a/entries/${one}`, { as: editor, body: { fields: { friend: two } } });
    const book = await create('book', { title: 'Both', readers: [two] });
    const refused = await act(book, 'publish');
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'references_unpublished', references: [two], errors: [{ path: '/body/fields/readers/0' }] },
    });
    expect((await read(book)).status).toBe('draft');
    expect((await act(book, 'publish', '?references=publish')).status).toBe(200);
    for (const id of [book, one, two]) expect((await cms.call(`GET /cms/a/entries/${id}`)).status).toBe(200);
    const sent = (await feedEvents(cms)).slice(-3).map(({ id }: { id: string }) => id);
    expect(sent.toSorted()).toEqual([book, one, two].toSorted());
  });

  it('publishes nothing if a draft that would be published too is not complete', async () => {
    const prize = await create('prize', {});
    const person = await create('person', { name: 'P', friend: prize });
    expect(await act(person, 'publish', '?references=publish')).toMatchObject({
      status: 400,
      body: { code: 'validation_failed', errors: [{ path: '/body/fields/winner' }] },
    });
    expect((await read(person)).status).toBe('draft');
  });

  it('leads no reader to what an earlier version has deleted', async () => {
    const target = await create('person', { name: 'Old' });
    const book = await create('book', { title: 'Old', writer: target });
    await cms.database.deleteFrom('entries').where('id', '=', target).execute();
    expect((await act(book, 'publish')).body.code).toBe('references_unpublished');
    expect(
      (await cms.call(`PATCH /cms/a/entries/${book}`, { as: editor, body: { fields: { title: 'N' } } })).status,
    ).toBe(200);
    await cms.call(`PATCH /cms/a/entries/${book}`, { as: editor, body: { fields: { writer: null } } });
    await publish(book);
  });

  it('is asked for and refused in the same way over GraphQL', async () => {
    const person = await create('person', { name: 'G' });
    const book = await create('book', { title: 'G', writer: person });
    const graphql = async (query: string) =>
      (await cms.call(`POST /graphql?site=${SITE}`, { as: editor, body: { query: `mutation { ${query} }` } })).body;
    const code = (answer: { errors?: { extensions: { code: string } }[] }) => answer.errors?.[0]?.extensions.code;
    expect(code(await graphql(`publish_entry(id: "${book}") { seq }`))).toBe('references_unpublished');
    expect(code(await graphql(`publish_entry(id: "${book}", references: "unlink") { seq }`))).toBe('validation_failed');
    expect(code(await graphql(`publish_entry(id: "${book}", references: "publish") { seq }`))).toBeUndefined();
    expect(code(await graphql(`unpublish_entry(id: "${person}") { seq }`))).toBe('entry_in_use');
    expect(code(await graphql(`delete_entry(id: "${person}") { seq }`))).toBe('entry_in_use');
    expect(code(await graphql(`delete_entry(id: "${person}", references: "unlink") { seq }`))).toBeUndefined();
  });
});

describe('where an entry is used', () => {
  it('is listed page by page, of all types, as the caller may see it', async () => {
    const target = await create('person', { name: 'Used' });
    await publish(target);
    const open = await create('book', { title: 'Open', writer: target, secret: target });
    await publish(open);
    await create('book', { title: 'Draft', writer: target });
    await create('person', { name: 'Friend', friend: target });
    const secret = await create('book', { title: 'Secret', secret: target });
    await publish(secret);
    const list = async (as: object | undefined, query = '') =>
      (await cms.call(`GET /cms/a/entries/${target}/references${query}`, { as })).body;
    for (const as of [undefined, member]) {
      expect(await list(as)).toEqual({
        items: [{ id: open, type: 'book', title: 'Open', status: 'published', draft: [], published: ['writer'] }],
        next_cursor: null,
      });
    }
    const pages = [await list(editor, '?limit=3')];
    pages.push(await list(editor, `?limit=3&cursor=${pages[0].next_cursor}`));
    expect(pages.map(({ items }) => items.length)).toEqual([3, 1]);
    expect(pages[1].next_cursor).toBeNull();
    expect(pages[0].items[0]).toMatchObject({ draft: ['writer', 'secret'], published: ['writer', 'secret'] });
    expect((await list(editor, '?cursor=x')).code).toBe('invalid_cursor');
    expect((await list(editor, '?unknown=1')).code).toBe('validation_failed');
  });

  it('is not told of what the caller may not read', async () => {
    const target = await create('person', { name: 'Hidden' });
    expect((await cms.call(`GET /cms/a/entries/${target}/references`)).body.code).toBe('entry_not_found');
  });
});
