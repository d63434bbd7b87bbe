import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { admin, author, defineArticle, editor, fileId, SITE, startCms, type TestCms } from './cms.ts';

let cms: TestCms;
/** Files that assets shows to the caller. */
let readable = new Set<string>();
let up = true;
let asked: { ids: string[]; headers: Headers }[] = [];
/** Happens while assets is asked. */
let meanwhile: () => Promise<unknown> = async () => undefined;

const assets: typeof globalThis.fetch = async (input, init) => {
  if (!up) throw new TypeError('fetch failed');
  const ids = new URL(String(input)).searchParams.get('ids')?.split(',') ?? [];
  asked.push({ ids, headers: new Headers(init?.headers) });
  await meanwhile();
  return Response.json({ items: ids.filter((id) => readable.has(id)).map((id) => ({ id })) });
};

beforeAll(async () => {
  cms = await startCms(assets);
  await defineArticle(cms);
  const shots = { name: 'shots', type: 'list', of: { type: 'object', fields: [{ name: 'file', type: 'asset' }] } };
  await cms.call('POST /cms/a/types', { as: admin, body: { name: 'gallery', fields: [shots] } });
});
afterAll(() => cms.close());
beforeEach(() => {
  readable = new Set([1, 2, 3].map(fileId));
  up = true;
  asked = [];
  meanwhile = async () => undefined;
});

const create = (fields: object, type = 'article') =>
  cms.call('POST /cms/a/entries', { as: author, body: { type, fields } });
const change = (id: string, fields: object, as = author) =>
  cms.call(`PATCH /cms/a/entries/${id}`, { as, body: { fields } });

describe('a file that a change names', () => {
  it('is asked for in the name of who names it, all files in one call', async () => {
    const shots = [1, 2, 1, 3].map((n) => ({ file: fileId(n) }));
    const { status } = await create({ shots }, 'gallery');
    expect(status).toBe(201);
    expect(asked.map(({ ids }) => ids)).toEqual([[1, 2, 3].map(fileId)]);
    expect(asked[0]?.headers.get('authorization')).toMatch(/^Bearer ey/);
    expect(asked[0]?.headers.get('x-request-id')).toMatch(/./);
  });

  it.each([
    ['that the author may not read', fileId(9)],
    ['that is none', 'no-uuid'],
  ])('is refused where it is one %s, and nothing is written', async (_case, file) => {
    const shots = [{ file: fileId(1) }, { file }];
    const refused = await create({ shots }, 'gallery');
    expect([refused.status, refused.body.code]).toEqual([422, 'file_not_readable']);
    expect(refused.body.errors).toEqual([
      { path: '/body/fields/shots/1/file', message: 'is no file that you may read' },
    ]);
    const made = await create({ title: 'An article' });
    expect((await change(made.body.id, { picture: file })).status).toBe(422);
    const { body } = await cms.call(`GET /cms/a/entries/${made.body.id}`, { as: author });
    expect([body.version, body.fields.picture]).toEqual([1, undefined]);
  });

  it('is refused over GraphQL too', async () => {
    const query = `mutation { create_article(fields: { title: "x", picture: "${fileId(9)}" }) { seq } }`;
    const { body } = await cms.call('POST /graphql', {
      as: author,
      body: { query },
      headers: { 'x-gaia-site': SITE },
    });
    expect(body.errors).toMatchObject([{ extensions: { code: 'file_not_readable', status: 422 } }]);
  });

  it('is not asked for again once the entry names it, even if it has closed since', async () => {
    const made = await create({ title: 'An article', picture: fileId(1) });
    readable = new Set([fileId(2)]);
    asked = [];
    const { status, body } = await change(made.body.id, { title: 'Another title', picture: fileId(1) });
    expect([status, body.fields.title, asked]).toEqual([200, 'Another title', []]);
    expect((await change(made.body.id, { picture: fileId(2) })).status).toBe(200);
    expect((await change(made.body.id, { picture: fileId(1) })).status).toBe(422);
  });

  it('is judged by what the entry names when it is written, not by what it named before', async () => {
    const made = await create({ title: 'An article', picture: fileId(1) });
    readable = new Set([fileId(2)]);
    meanwhile = async () => {
      meanwhile = async () => undefined;
      await change(made.body.id, { picture: null }, editor);
    };
    const shot = { place: { city: 'Oslo' }, picture: fileId(2) };
    expect((await change(made.body.id, shot)).status).toBe(200);
    // Removed during the check of file 2: only a reader of the file may add it again.
    expect((await change(made.body.id, { picture: fileId(1) })).body.code).toBe('file_not_readable');
  });
});

describe('while assets is down', () => {
  it('a change that adds no file is made, and one that does is to be tried again', async () => {
    const made = await create({ title: 'An article', picture: fileId(1) });
    up = false;
    expect((await create({ title: 'Without a file' })).status).toBe(201);
    expect((await change(made.body.id, { title: 'New', picture: fileId(1) })).status).toBe(200);
    const refused = await change(made.body.id, { picture: fileId(2) });
    expect([refused.status, refused.body.code, refused.headers['retry-after']]).toEqual([
      503,
      'assets_unavailable',
      '1',
    ]);
  });
});
