import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TokenRequest } from '@gaia/testing/issuer';
import { parse } from 'content-disposition';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AssetsService, AUTHOR, EDITOR, MEMBER, startAssets } from '../assets-service.ts';

const CONTENT = '0123456789';
const members = { name: 'visibility', content: 'members' };
let service: AssetsService;
let id: string;
let publicId: string;
beforeAll(async () => {
  service = await startAssets();
  id = await service.textFile(CONTENT);
  publicId = await service.textFile(CONTENT, { visibility: 'public' });
  return service.close;
});

const get = (headers: Record<string, string> = {}, of = id, method: 'GET' | 'HEAD' = 'GET') =>
  service.app.inject({ method, url: `/assets/${of}`, headers: { ...service.issuer.headersFor(MEMBER), ...headers } });

describe('a download', () => {
  it('has all that a client needs to know', async () => {
    const answer = await get();
    expect(answer).toMatchObject({ statusCode: 200, body: CONTENT });
    expect(answer.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-length': '10',
      'content-disposition': 'inline; filename=a.txt',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'accept-ranges': 'bytes',
      'cache-control': 'private, no-cache',
      etag: expect.stringMatching(/^"[0-9a-f]{64}"$/),
    });
  });

  it('is the same for HEAD, without the bytes', async () => {
    const [whole, head] = [await get(), await get({}, id, 'HEAD')];
    expect(head).toMatchObject({ statusCode: 200, body: '' });
    const changing = { date: '', 'x-request-id': '' };
    expect({ ...head.headers, ...changing }).toEqual({ ...whole.headers, ...changing });
    const part = await get({ range: 'bytes=2-3' }, id, 'HEAD');
    expect(part).toMatchObject({ statusCode: 206, body: '' });
    expect(part.headers['content-length']).toBe('2');
  });

  it.each([
    ['bytes=0-3', '0123', 'bytes 0-3/10'],
    ['bytes=4-', '456789', 'bytes 4-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=-99', CONTENT, 'bytes 0-9/10'],
    ['bytes=9-99', '9', 'bytes 9-9/10'],
  ])('of a part: %s', async (range, body, contentRange) => {
    const answer = await get({ range });
    expect(answer).toMatchObject({ statusCode: 206, body });
    expect(answer.headers).toMatchObject({ 'content-range': contentRange, 'content-length': String(body.length) });
  });

  it.each(['bytes=10-', 'bytes=99-100', 'bytes=-0'])('of a part that is not there: %s', async (range) => {
    const answer = await get({ range });
    expect(answer.json()).toMatchObject({ status: 416, code: 'range_not_satisfiable' });
    expect(answer.headers['content-range']).toBe('bytes */10');
  });

  it.each(['lines=1-2', 'bytes=3-2', 'bytes=a-b', 'bytes=-', 'bytes=0-1,3-4', 'bytes', ''])(
    'is whole for the range %j',
    async (range) => {
      await expect(get({ range })).resolves.toMatchObject({ statusCode: 200, body: CONTENT });
    },
  );

  it('is not repeated to those who have it', async () => {
    const etag = String((await get()).headers.etag);
    for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const answer = await get({ 'if-none-match': known });
      expect(answer).toMatchObject({ statusCode: 304, body: '' });
      expect(answer.headers.etag).toBe(etag);
    }
    await expect(get({ 'if-none-match': '"x"' })).resolves.toMatchObject({ statusCode: 200 });
    await expect(get({ range: 'bytes=0-0', 'if-range': etag })).resolves.toMatchObject({ statusCode: 206 });
    await expect(get({ range: 'bytes=0-0', 'if-range': '"x"' })).resolves.toMatchObject({ statusCode: 200 });
  });

  it('of a public file needs no token, and may be kept for a while', async () => {
    const answer = await service.app.inject(`/assets/${publicId}`);
    expect(answer).toMatchObject({ statusCode: 200, body: CONTENT });
    expect(answer.headers['cache-control']).toBe('public, max-age=60, must-revalidate');
  });

  it.each([
    ['<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', 'image/png', 'image/svg+xml'],
    ['<!doctype html><script>alert(1)</script>', 'image/png', 'text/html; charset=utf-8'],
    ['\ufeff  <html>', 'text/plain', 'text/html; charset=utf-8'],
    ['<?xml version="1.0"?><a/>', 'text/plain', 'application/xml'],
    ['\u0001\u0002', 'text/html', 'application/octet-stream'],
  ])('never serves uploads as active content: %s', async (content, type, served) => {
    const { upload } = service;
    const made = await upload([{ name: 'file', content, type, fileName: 'picture.png' }, members]);
    const answer = await get({}, made.json().id);
    expect(answer.headers).toMatchObject({
      'content-type': served,
      'content-disposition': 'attachment; filename=picture.png',
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
    });
  });

  it.each(['€ rates.pdf', '日本 語.txt', 'it\'s; "q" 100%.txt', 'émile.txt', '%41.txt', '😀.png'])(
    'is named %s',
    async (name) => {
      const made = await service.textFile('x', { name: name.replaceAll('"', '%22') });
      const header = String((await get({}, made)).headers['content-disposition']);
      const { filename } = parse(header).parameters;
      const metadata = await service.app.inject({
        url: `/assets/${made}/metadata`,
        headers: service.issuer.headersFor(MEMBER),
      });
      expect(filename).toBe(metadata.json().file_name);
      expect(header).toMatch(/^[\x20-\x7e]+$/);
    },
  );

  it('of bytes that are lost is an error of ours without details', async () => {
    const lost = await service.textFile('x');
    rmSync(join(service.directory, 'files', lost.slice(0, 2), lost.slice(2, 4), lost));
    const answer = await get({}, lost);
    expect(answer.json()).toMatchObject({ status: 503, code: 'storage_unavailable' });
    expect(answer.body).not.toContain(service.directory);
    expect(answer.headers).not.toHaveProperty('etag');
  });
});

describe('refused', () => {
  it.each<[string, Parameters<AssetsService['issuer']['tokenFor']>[0] | undefined, number, string]>([
    ['anonymous', undefined, 401, 'token_missing'],
    ['a member of another site', { site: 'site-b.localhost' }, 404, 'file_not_found'],
    ['an owner of another site', { site: 'site-b.localhost', role: 'owner' }, 404, 'file_not_found'],
    ['an administrator without a site', { site: null, role: 'administrator' }, 404, 'file_not_found'],
    ['a member who may not read files', { scope: 'content:read' }, 403, 'insufficient_scope'],
    ['an expired token', { expiresIn: -60 }, 401, 'token_expired'],
    ['a token of another purpose', { header: { typ: 'reset+jwt' } }, 401, 'token_invalid'],
    ['a token for another service', { audience: 'search' }, 401, 'token_invalid'],
  ])('is %s', async (_name, as, status, code) => {
    const { app, issuer } = service;
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/metadata'],
      ['POST', '/link'],
    ] as const) {
      const headers = as === undefined ? {} : issuer.headersFor(as);
      const answer = await app.inject({ method, url: `/assets/${id}${path}`, headers });
      expect(answer.json(), path).toMatchObject({ status, code });
      if (status !== 404) expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm="gaia"/);
    }
  });

  it.each(['00000000-0000-4000-8000-000000000000', 'x', '..%2f..%2fetc%2fpasswd', id?.toUpperCase() ?? 'A'])(
    'is the id %s',
    async (of) => {
      const answer = await service.app.inject({ url: `/assets/${of}`, headers: service.issuer.headersFor(MEMBER) });
      expect([400, 404]).toContain(answer.statusCode);
      expect(answer.json().code).toMatch(/^(?:validation_failed|file_not_found)$/);
    },
  );
});

describe('deleting', () => {
  it.each<[string, object, number, string]>([
    ['a member', MEMBER, 403, 'insufficient_scope'],
    ['another author', { role: 'author', subject: 'bob' }, 403, 'forbidden'],
    ['an editor of another site', { role: 'editor', site: 'site-b.localhost' }, 404, 'file_not_found'],
  ])('is not for %s', async (_name, as, status, code) => {
    const { app, issuer } = service;
    const answer = await app.inject({ method: 'DELETE', url: `/assets/${publicId}`, headers: issuer.headersFor(as) });
    expect(answer.json()).toMatchObject({ status, code });
  });

  it.each([
    ['the uploader', AUTHOR],
    ['an editor', EDITOR],
  ])('by %s takes the bytes too', async (_name, as) => {
    const { app, issuer, onDisk, textFile } = service;
    const made = await textFile('x');
    const remove = () => app.inject({ method: 'DELETE', url: `/assets/${made}`, headers: issuer.headersFor(as) });
    await expect(remove()).resolves.toMatchObject({ statusCode: 204, body: '' });
    expect(onDisk().kept).not.toContain(made);
    await expect(get({}, made)).resolves.toMatchObject({ statusCode: 404 });
    await expect(remove()).resolves.toMatchObject({ statusCode: 404 });
  });
});

it('lists the files of a site in pages, newest first', async () => {
  const { app, issuer, textFile } = await startAssets();
  const ids: string[] = [];
  for (let index = 0; index < 7; index += 1) ids.unshift(await textFile(String(index)));
  const list = async (query: string, as: TokenRequest = AUTHOR) =>
    (await app.inject({ url: `/assets/sites/site-a.localhost/files?${query}`, headers: issuer.headersFor(as) })).json();
  const seen: string[] = [];
  let cursor = '';
  do {
    const page = await list(`limit=3${cursor}`);
    seen.push(...page.items.map((item: { id: string }) => item.id));
    cursor = page.next_cursor === null ? '' : `&cursor=${page.next_cursor}`;
  } while (cursor !== '');
  expect([...seen].sort()).toEqual([...ids].sort());
  expect(await list('cursor=rubbish')).toMatchObject({ status: 400, code: 'invalid_cursor' });
  expect(await list('limit=0')).toMatchObject({ status: 400, code: 'validation_failed' });
  expect(await list('', { ...AUTHOR, site: 'site-b.localhost' })).toMatchObject({ status: 403, code: 'forbidden' });
  expect(await list('', MEMBER)).toMatchObject({ status: 403, code: 'insufficient_scope' });
});

it('serves whoami and its OpenAPI document', async () => {
  const { app, issuer } = service;
  const known = await app.inject({ url: '/assets/whoami', headers: issuer.headersFor(MEMBER) });
  expect(known.json()).toMatchObject({ sub: 'reader', site: 'site-a.localhost' });
  const paths = Object.keys((await app.inject('/openapi.json')).json().paths);
  expect(paths).toEqual(
    expect.arrayContaining(['/assets/whoami', '/assets/{id}', '/assets/{id}/link', '/assets/sites/{site}/files']),
  );
  await expect.poll(async () => (await app.inject('/ready')).json()).toMatchObject({ status: 'ready' });
});
