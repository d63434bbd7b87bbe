import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, editor, feedEvents, SITE, startCms, type TestCms } from './cms.ts';

let cms: TestCms;
beforeAll(async () => {
  cms = await startCms();
});
afterAll(() => cms.close());

let count = 0;
async function define(fields: readonly object[]): Promise<string> {
  count += 1;
  const { status, body } = await cms.call('POST /cms/a/types', { as: admin, body: { name: `t${count}`, fields } });
  expect([status, body.detail]).toEqual([201, undefined]);
  return body.name;
}
const redefine = (type: string, fields: readonly object[]) =>
  cms.call(`PATCH /cms/a/types/${type}?force=true`, { as: admin, body: { fields } });
const create = (type: string, fields: object) =>
  cms.call('POST /cms/a/entries', { as: editor, body: { type, fields } });
const change = (id: string, body: object) => cms.call(`PATCH /cms/a/entries/${id}`, { as: editor, body });
const publish = (id: string) => cms.call(`POST /cms/a/entries/${id}/publish`, { as: editor });
const pathsOf = (answer: { body: { errors?: { path: string }[] } }) => answer.body.errors?.map(({ path }) => path);

describe('a draft', () => {
  it('may be incomplete, and is published only when nothing is missing or blank', async () => {
    const type = await define([
      { name: 'title', type: 'text', required: true },
      { name: 'text', type: 'richText', required: true },
      { name: 'place', type: 'object', fields: [{ name: 'city', type: 'text', required: true }] },
    ]);
    const { status, body } = await create(type, { title: ' \u00ad\u200b', place: {} });
    expect(status).toBe(201);
    const refused = await publish(body.id);
    expect(refused).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    expect(pathsOf(refused)?.toSorted()).toEqual([
      '/body/fields/place/city',
      '/body/fields/text',
      '/body/fields/title',
    ]);
    await change(body.id, { fields: { title: 'T', text: '&nbsp;', place: { city: 'Rome' } } });
    expect(pathsOf(await publish(body.id))).toEqual(['/body/fields/text']);
    await change(body.id, { fields: { text: '![](/a.png)' } });
    expect((await publish(body.id)).status).toBe(200);
    expect(pathsOf(await publish((await create(type, { title: null })).body.id))).toContain('/body/fields/title');
  });

  it('of a type that has become stricter is closed and repaired field by field', async () => {
    const fields = [
      { name: 'kind', type: 'enum', values: ['a', 'b'] },
      { name: 'code', type: 'text' },
      { name: 'note', type: 'text' },
    ];
    const type = await define(fields);
    const { body } = await create(type, { kind: 'b', code: 'long', note: 'n' });
    await publish(body.id);
    const stricter = [
      { name: 'kind', type: 'enum', values: ['a'] },
      { name: 'code', type: 'text', max_length: 2 },
      { name: 'note', type: 'text', required: true },
      { name: 'more', type: 'text', required: true },
    ];
    expect((await redefine(type, stricter)).status).toBe(200);
    expect(await change(body.id, { visibility: 'members' })).toMatchObject({
      status: 200,
      body: { visibility: 'members' },
    });
    expect((await change(body.id, { fields: { note: 'changed' } })).status).toBe(200);
    expect(pathsOf(await change(body.id, { fields: { kind: 'c' } }))).toEqual(['/body/fields/kind']);
    expect(pathsOf(await publish(body.id))?.toSorted()).toEqual([
      '/body/fields/code',
      '/body/fields/kind',
      '/body/fields/more',
    ]);
    for (const repair of [{ kind: 'a' }, { code: 'ok' }, { more: 'm' }]) {
      expect((await change(body.id, { fields: repair })).status).toBe(200);
    }
    expect(await publish(body.id)).toMatchObject({ status: 200, body: { fields: { kind: 'a', note: 'changed' } } });
  });
});

describe('a decimal', () => {
  let type: string;
  beforeAll(async () => {
    type = await define([{ name: 'price', type: 'decimal', min: '0', max: '1000', scale: 2 }]);
  });

  it.each(['0', '19.90', '1000', '0.01', '999.9'])('%s is kept as it is written', async (price) => {
    const { body } = await create(type, { price });
    expect((await cms.call(`GET /cms/a/entries/${body.id}`, { as: editor })).body.fields).toEqual({ price });
  });

  it('is filtered and sorted as a number', async () => {
    const list = async (query: string) => {
      const { body } = await cms.call(`GET /cms/a/entries?type=${type}&${query}`, { as: editor });
      return body.items.map((item: { fields: { price: string } }) => item.fields.price);
    };
    expect(await list('sort=price')).toEqual(['0', '0.01', '19.90', '999.9', '1000']);
    expect(await list('sort=price&filter[price][gt]=19.9')).toEqual(['999.9', '1000']);
    expect(await list('filter[price][eq]=19.9')).toEqual(['19.90']);
  });

  it.each([19.9, '19.905', '1000.01', '-0.01', '-0', '1e2', '01', '', '9'.repeat(39)])(
    '%j is refused',
    async (price) => {
      expect(pathsOf(await create(type, { price }))).toEqual(['/body/fields/price']);
    },
  );
});

describe('a rich text', () => {
  let type: string;
  beforeAll(async () => {
    type = await define([
      { name: 'body', type: 'richText', max_length: 20 },
      { name: 'parts', type: 'list', of: { type: 'richText' } },
    ]);
  });

  it('is a document, and given as HTML or plain text on request', async () => {
    const { body } = await create(type, { body: '**Bold**', parts: [{ html: '<p>a</p>' }, { markdown: '- b' }] });
    expect(body.fields.body).toEqual({
      type: 'doc',
      content: [{ type: 'paragraph', content: [{ type: 'text', text: 'Bold', marks: [{ type: 'bold' }] }] }],
    });
    const read = (format: string) => cms.call(`GET /cms/a/entries/${body.id}?rich_text=${format}`, { as: editor });
    expect((await read('html')).body.fields).toEqual({
      body: '<p><strong>Bold</strong></p>',
      parts: ['<p>a</p>', '<ul><li><p>b</p></li></ul>'],
    });
    expect((await read('text')).body.fields).toEqual({ body: 'Bold', parts: ['a', 'b'] });
    expect((await read('json')).body.fields).toEqual(body.fields);
    expect((await read('xml')).status).toBe(400);
    const list = await cms.call(`GET /cms/a/entries?type=${type}&rich_text=text`, { as: editor });
    expect(list.body.items[0].fields.body).toBe('Bold');
    const again = await change(body.id, { fields: body.fields });
    expect(again.body.version).toBe(1);
  });

  it('is read through GraphQL as JSON, HTML and text, and written as any of them', async () => {
    const written = `mutation { create_${type}(fields: {body: {html: "<b>x</b>"}, parts: ["*y*"]}) { entry { id } } }`;
    const graphql = async (query: string) =>
      (await cms.call(`POST /graphql?site=${SITE}`, { as: editor, body: { query } })).body;
    const { id } = (await graphql(written)).data[`create_${type}`].entry;
    const { data } = await graphql(`{ ${type}(id: "${id}") { body { json html text } parts { text } } }`);
    expect(data[type]).toEqual({
      body: { json: expect.objectContaining({ type: 'doc' }), html: '<p><strong>x</strong></p>', text: 'x' },
      parts: [{ text: 'y' }],
    });
  });

  it('is bounded by the length of what is read', async () => {
    expect((await create(type, { body: `**${'x'.repeat(20)}**` })).status).toBe(201);
    expect(pathsOf(await create(type, { body: 'x'.repeat(21) }))).toEqual(['/body/fields/body']);
    const wrong = await create(type, { parts: ['a', { type: 'doc', content: [{ type: 'script' }] }] });
    expect(pathsOf(wrong)).toEqual(['/body/fields/parts/1/content/0/type']);
  });

  it('of an earlier version, which was any text, is read as a document, filtered and found by what it says', async () => {
    const { body } = await create(type, { body: 'new heron' });
    const old = '<h1 onclick="x()">Egret</h1> <script>alert(1)</script>Z&uuml;rich';
    const field = (await cms.call(`GET /cms/a/types/${type}`, { as: editor })).body.fields[0].id;
    const draft = JSON.stringify({ [field]: old });
    await sql`update entries set draft = ${draft}::jsonb where id = ${body.id}`.execute(cms.database);
    const read = await cms.call(`GET /cms/a/entries/${body.id}?rich_text=html`, { as: editor });
    expect(read.body.fields.body).toBe('<h1>Egret</h1><p>Zürich</p>');
    const event = (await feedEvents(cms)).findLast((one: { id: string }) => one.id === body.id);
    expect(event.entry.draft.text).toBe('Egret\nZürich');
    const found = await cms.call(`GET /cms/a/entries?type=${type}&filter[body][contains]=egret`, { as: editor });
    expect(found.body.items.map(({ id }: { id: string }) => id)).toEqual([body.id]);
  });
});
