import type { TokenRequest } from '@gaia/testing/issuer';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AssetsService, AUTHOR, EDITOR, MEMBER, startAssets } from '../assets-service.ts';

let service: AssetsService;
beforeAll(async () => {
  service = await startAssets();
  return service.close;
});

const STRANGER: TokenRequest = { site: 'site-b.localhost', role: 'owner', subject: 'stranger' };
const OTHER_AUTHOR: TokenRequest = { role: 'author', subject: 'bob' };

const change = (id: string, body: unknown, as: TokenRequest = AUTHOR, headers: Record<string, string> = {}) =>
  service.app.inject({
    method: 'PATCH',
    url: `/assets/${id}`,
    headers: { ...service.issuer.headersFor(as), ...headers },
    payload: body as object,
  });
async function read(id: string, as: TokenRequest | null, seq = '0'): Promise<number> {
  const headers = as === null ? {} : service.issuer.headersFor(as);
  return (await service.app.inject({ url: `/assets/${id}?min_seq=${seq}`, headers })).statusCode;
}

describe('who may read a file', () => {
  it('is changed at once, and with it the links that were made', async () => {
    const id = await service.textFile('content', { visibility: 'private' });
    expect([await read(id, null), await read(id, MEMBER)]).toEqual([401, 404]);
    expect((await change(id, { visibility: 'members' })).json()).toMatchObject({ visibility: 'members', version: 2 });
    expect([await read(id, null), await read(id, MEMBER)]).toEqual([401, 200]);
    const headers = service.issuer.headersFor(MEMBER);
    const { url } = (await service.app.inject({ method: 'POST', url: `/assets/${id}/link`, headers })).json();
    const { pathname, search } = new URL(url);
    expect((await service.app.inject(pathname + search)).statusCode).toBe(200);
    expect((await change(id, { visibility: 'private' }, EDITOR)).statusCode).toBe(200);
    expect([await read(id, MEMBER), (await service.app.inject(pathname + search)).statusCode]).toEqual([404, 404]);
    expect((await change(id, { visibility: 'public' })).statusCode).toBe(200);
    expect(await read(id, null)).toBe(200);
  });

  it('can be who holds one of some products', async () => {
    const { feed } = service;
    const parts = [
      { name: 'visibility', content: 'products' },
      { name: 'products', content: 'course, book,course' },
      { name: 'file', content: 'content', fileName: 'a.txt', type: 'text/plain' },
    ];
    const made = (await service.upload(parts)).json();
    expect(made).toMatchObject({ visibility: 'products', products: ['book', 'course'] });
    const other = feed.entitlement('reader', 'course', true, 'site-b.localhost');
    expect(await read(made.id, MEMBER, other)).toBe(404);
    expect(await read(made.id, MEMBER, feed.entitlement('reader', 'course', true))).toBe(200);
    const atSiteB = { ...MEMBER, site: 'site-b.localhost' };
    expect([await read(made.id, atSiteB), await read(made.id, OTHER_AUTHOR), await read(made.id, null)]).toEqual([
      404, 404, 401,
    ]);
    expect((await change(made.id, { products: ['book'] })).json().products).toEqual(['book']);
    expect(await read(made.id, MEMBER)).toBe(404);
    expect(await read(made.id, MEMBER, feed.entitlement('reader', 'book', true))).toBe(200);
    expect(await read(made.id, MEMBER, feed.entitlement('reader', 'book', false))).toBe(404);
    const closed = (await change(made.id, { visibility: 'private' })).json();
    expect(closed).not.toHaveProperty('products');
  });
});

it('a file gets another name, made safe as that of an upload is, and keeps its bytes', async () => {
  const id = await service.textFile('content', { name: 'a.txt', visibility: 'public' });
  const before = await service.app.inject(`/assets/${id}`);
  const answer = await change(id, { file_name: '../../Rechnung №1.txt' });
  expect(answer.json()).toMatchObject({ id, file_name: 'Rechnung №1.txt', media_type: 'text/plain', size: 7 });
  const after = await service.app.inject(`/assets/${id}`);
  expect(after.headers['content-disposition']).toContain(encodeURIComponent('Rechnung №1.txt'));
  expect([after.body, after.headers.etag]).toEqual([before.body, before.headers.etag]);
});

describe('If-Match', () => {
  it('refuses a change made upon an older version, and lets a newer one through', async () => {
    const id = await service.textFile('content');
    const headers = service.issuer.headersFor(AUTHOR);
    const metadata = () => service.app.inject({ url: `/assets/${id}/metadata`, headers });
    const tag = String((await metadata()).headers.etag);
    const first = await change(id, { file_name: 'b.txt' }, AUTHOR, { 'if-match': tag });
    expect([first.statusCode, first.headers.etag]).toEqual([200, expect.stringMatching(/^"2\./)]);
    const late = await change(id, { file_name: 'c.txt' }, EDITOR, { 'if-match': tag });
    expect(late.json()).toMatchObject({ status: 412, code: 'version_conflict', current_version: 2 });
    expect((await metadata()).json()).toMatchObject({ file_name: 'b.txt', version: 2 });
    expect((await change(id, { file_name: 'c.txt' }, EDITOR, { 'if-match': `"9", W/"2"` })).statusCode).toBe(200);
    expect((await change(id, { file_name: 'd.txt' }, EDITOR, { 'if-match': '*' })).json().version).toBe(4);
    expect((await change(id, { file_name: 'd.txt' })).json().version).toBe(4);
  });

  it('lets one of several changes upon the same version through', async () => {
    const id = await service.textFile('content');
    const names = ['a.txt', 'b.txt', 'c.txt', 'd.txt'].map((name) => `new-${name}`);
    const answers = await Promise.all(
      names.map((name) => change(id, { file_name: name }, AUTHOR, { 'if-match': '"1"' })),
    );
    expect(answers.map(({ statusCode }) => statusCode).toSorted()).toEqual([200, 412, 412, 412]);
  });
});

describe('a change is refused', () => {
  it.each<[string, TokenRequest, number, string]>([
    ['an author who has not uploaded it', OTHER_AUTHOR, 403, 'forbidden'],
    ['a reader', MEMBER, 403, 'insufficient_scope'],
    ['a user of another site', STRANGER, 404, 'file_not_found'],
  ])('from %s', async (_who, as, status, code) => {
    const id = await service.textFile('content');
    const answer = await change(id, { visibility: 'public' }, as);
    expect(answer.json()).toMatchObject({ status, code });
    expect(await read(id, null)).toBe(401);
  });

  it.each<[string, unknown]>([
    ['says nothing', {}],
    ['names what cannot change', { sha256: 'a' }],
    ['names no visibility', { visibility: 'all' }],
    ['asks for no product', { visibility: 'products' }],
    ['asks for what is no product', { visibility: 'products', products: ['No product'] }],
    ['names products for members', { visibility: 'members', products: ['course'] }],
    ['has an empty name', { file_name: '' }],
    ['has a name with NUL', { file_name: 'a\u0000' }],
  ])('that %s', async (_what, body) => {
    const id = await service.textFile('content');
    expect((await change(id, body)).json()).toMatchObject({ status: 400, code: 'validation_failed' });
  });

  it('rejects unknown files and anonymous callers', async () => {
    const missing = await change('00000000-0000-4000-8000-000000000000', { visibility: 'public' });
    expect(missing.json()).toMatchObject({ status: 404, code: 'file_not_found' });
    const id = await service.textFile('content');
    const anonymous = await service.app.inject({
      method: 'PATCH',
      url: `/assets/${id}`,
      payload: { visibility: 'public' },
    });
    expect(anonymous.json()).toMatchObject({ status: 401, code: 'token_missing' });
  });
});
