import { beforeAll, describe, expect, it } from 'vitest';
import { type AssetsService, AUTHOR, EDITOR, MEMBER, startAssets } from '../assets-service.ts';

const FILES = '/assets/sites/site-a.localhost/files';
let service: AssetsService;
beforeAll(async () => {
  service = await startAssets();
  return service.close;
});

const change = (id: string, payload: object, as = AUTHOR, headers = {}) =>
  service.app.inject({
    method: 'PATCH',
    url: `/assets/${id}`,
    headers: { ...service.issuer.headersFor(as), ...headers },
    payload,
  });

describe('the description of a file', () => {
  it('is kept in a canonical form, and read by who may read the file', async () => {
    const { app, issuer, textFile } = service;
    const id = await textFile('described', { visibility: 'public' });
    const changed = await change(id, {
      alt: { en: 'A cat', 'zh-Hans': '一只猫', de: '' },
      caption: 'On the sofa',
      credit: 'Ann',
      tags: ['pets', 'cats', 'pets'],
      folder: '/holidays//2026/ ',
    });
    expect(changed.statusCode, changed.body).toBe(200);
    const described = {
      alt: { en: 'A cat', 'zh-Hans': '一只猫' },
      caption: 'On the sofa',
      credit: 'Ann',
      tags: ['cats', 'pets'],
      folder: 'holidays/2026',
      version: 2,
    };
    expect(changed.json()).toMatchObject(described);
    const anonymous = await app.inject({ url: `/assets/${id}/metadata` });
    expect(anonymous.json()).toMatchObject(described);
    const same = await change(id, { tags: ['pets', 'cats'] });
    expect(same.json().version).toBe(2);
    const conflict = await change(id, { caption: 'x' }, AUTHOR, { 'if-match': '"1"' });
    expect(conflict.json()).toMatchObject({ status: 412, code: 'version_conflict' });
    const own = await textFile('members only');
    expect((await app.inject({ url: `/assets/${own}/metadata` })).json()).toMatchObject({ code: 'token_missing' });
    expect((await app.inject({ url: `/assets/${own}/metadata`, headers: issuer.headersFor(MEMBER) })).statusCode).toBe(
      200,
    );
  });

  it.each([
    ['a language that is none', { alt: { 'not a tag': 'x' } }],
    ['a text that is none', { alt: { en: 5 } }],
    ['a control character', { caption: 'a\u0007b' }],
    ['a NUL', { tags: ['a\0b'] }],
    ['an empty tag', { tags: [''] }],
    ['many tags', { tags: Array.from({ length: 51 }, (_, index) => `t${index}`) }],
    ['a folder above', { folder: 'a/../b' }],
    ['a deep folder', { folder: Array.from({ length: 13 }, () => 'a').join('/') }],
  ])('is refused with %s', async (_name, payload) => {
    const id = await service.textFile('x');
    expect((await change(id, payload)).json()).toMatchObject({ status: 400, code: 'validation_failed' });
  });

  it('is changed by the uploader and by editors alone', async () => {
    const id = await service.textFile('x');
    expect((await change(id, { caption: 'y' }, EDITOR)).statusCode).toBe(200);
    const other = { role: 'author', subject: 'bob' } as const;
    expect((await change(id, { caption: 'z' }, other)).json()).toMatchObject({ code: 'forbidden' });
  });
});

describe('the list of files', () => {
  const names: string[] = ['b 100%.csv', 'A_1.txt', 'c.txt', 'd.txt'];
  let list: AssetsService;
  const read = async (query: string, as = AUTHOR) => {
    const answer = await list.app.inject({ url: `${FILES}?${query}`, headers: list.issuer.headersFor(as) });
    expect(answer.statusCode, answer.body).toBe(200);
    return answer.json() as { items: { file_name: string; size: number }[]; next_cursor: string | null };
  };
  const namesOf = async (query: string, as = AUTHOR) => (await read(query, as)).items.map((item) => item.file_name);

  beforeAll(async () => {
    list = await startAssets();
    const described = [
      { folder: 'x/y', tags: ['one', 'two'], caption: 'Grüße' },
      { folder: 'x', alt: { fr: 'Un chat' } },
      { folder: 'x_y' },
      { tags: ['two'] },
    ];
    for (const [index, name] of names.entries()) {
      const id = await list.textFile('x'.repeat(4 - index), { name });
      const headers = list.issuer.headersFor(AUTHOR);
      await list.app.inject({ method: 'PATCH', url: `/assets/${id}`, headers, payload: described[index] ?? {} });
    }
    await list.textFile('hidden', { visibility: 'private', as: EDITOR, name: 'hidden.txt' });
    return list.close;
  });

  it.each([
    ['q=gr%C3%BCsse', []],
    ['q=GR%C3%9C%C3%9FE', ['b 100%.csv']],
    ['q=chat', ['A_1.txt']],
    ['q=100%25', ['b 100%.csv']],
    ['q=_1', ['A_1.txt']],
    ['q=txt%20a', ['A_1.txt']],
    ['folder=x', ['A_1.txt']],
    ['folder=', ['d.txt']],
    ['below=x&sort=file_name', ['A_1.txt', 'b 100%.csv']],
    ['tag=two&sort=size', ['d.txt', 'b 100%.csv']],
    ['media_type=text/*&sort=file_name', ['A_1.txt', 'b 100%.csv', 'c.txt', 'd.txt']],
    ['media_type=image/*', []],
    ['uploaded_by=ann&sort=-file_name', ['d.txt', 'c.txt', 'b 100%.csv', 'A_1.txt']],
    ['visibility=private', []],
    ['sort=created_at', names],
  ])('finds by %s what the caller may read', async (query, expected) => {
    expect(await namesOf(query)).toEqual(expected);
  });

  it('finds files with the same bytes', async () => {
    const { createHash } = await import('node:crypto');
    const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');
    expect(await namesOf(`sha256=${sha256('xx')}`)).toEqual(['c.txt']);
    expect(await namesOf(`sha256=${sha256('hidden')}`)).toEqual([]);
    expect(await namesOf(`sha256=${sha256('hidden')}`, EDITOR)).toEqual(['hidden.txt']);
  });

  it.each(['-created_at', 'created_at', 'file_name', '-file_name', 'size', '-size'])(
    'is read in pages by %s',
    async (sort) => {
      const whole = await namesOf(`sort=${sort}`);
      const paged: string[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const page = await read(`sort=${sort}&limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`);
        paged.push(...page.items.map((item) => item.file_name));
        cursor = page.next_cursor;
      }
      expect(paged).toEqual(whole);
      expect(paged).toHaveLength(4);
    },
  );

  it('takes no cursor of another order', async () => {
    const { next_cursor: cursor } = await read('sort=size&limit=1');
    const headers = list.issuer.headersFor(AUTHOR);
    const answer = await list.app.inject({ url: `${FILES}?sort=-size&cursor=${cursor}`, headers });
    expect(answer.json()).toMatchObject({ status: 400, code: 'invalid_cursor' });
  });

  it('tells the folders that are there', async () => {
    const url = '/assets/sites/site-a.localhost/folders';
    const answer = await list.app.inject({ url, headers: list.issuer.headersFor(AUTHOR) });
    expect(answer.json().items).toEqual([
      { folder: 'x', files: 1 },
      { folder: 'x/y', files: 1 },
      { folder: 'x_y', files: 1 },
    ]);
  });
});

it('tells how long a recording is', async () => {
  const seconds = 2;
  const data = Buffer.alloc(8_000 * seconds);
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + data.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(8_000, 24);
  head.writeUInt32LE(8_000, 28);
  head.writeUInt16LE(1, 32);
  head.writeUInt16LE(8, 34);
  head.write('data', 36);
  head.writeUInt32LE(data.length, 40);
  const file = (content: Buffer) => [{ name: 'file', content, fileName: 'a.wav', type: 'audio/wav' }];
  const whole = await service.upload(file(Buffer.concat([head, data])));
  expect(whole.json()).toMatchObject({ media_type: 'audio/wav', duration: seconds });
  const broken = await service.upload(file(head.subarray(0, 30)));
  expect(broken.statusCode).toBe(201);
  expect(broken.json()).not.toHaveProperty('duration');
});
