import { beforeAll, describe, expect, it } from 'vitest';
import { AUTHOR, EDITOR, MEMBER } from '../assets-service.ts';
import { type ImageService, startImages } from './image-service.ts';
import { picture } from './odd-files.ts';

const ADMIN = { role: 'admin', subject: 'admin' } as const;
const path = '/assets/sites/site-a.localhost/image-settings';

let service: ImageService;
let id: string;
beforeAll(async () => {
  service = await startImages();
  id = (await service.image(await picture(1200, 800).jpeg().toBuffer())).id;
  return service.close;
});

const put = (payload: object, as: object = ADMIN, headers = {}) =>
  service.app.inject({ method: 'PUT', url: path, headers: { ...service.issuer.headersFor(as), ...headers }, payload });
const card = { width: 333, height: 111, fit: 'cover' };

describe('the image settings of a site', () => {
  it('name boxes beside the ladder, which only then can be asked for', async () => {
    expect((await service.get(`/assets/${id}?preset=card`)).json()).toMatchObject({
      status: 400,
      code: 'preset_not_found',
    });
    expect((await service.get(`/assets/${id}?width=333&height=111&fit=cover`)).statusCode).toBe(400);
    expect((await put({ presets: { card }, immutable: false })).json()).toEqual({
      presets: { card },
      immutable: false,
      version: 1,
    });
    for (const query of ['preset=card', 'width=333&height=111&fit=cover']) {
      expect((await service.get(`/assets/${id}?${query}`)).statusCode).toBe(200);
    }
    expect((await service.get(`/assets/${id}?width=333&height=112&fit=cover`)).statusCode).toBe(400);
  });

  it('let caches keep addresses that name the bytes of a public image, and no others', async () => {
    const { variantPath } = await import('@gaia/image-variants/address');
    const { transformationFor } = await import('@gaia/image-variants/transformation');
    const closed = await service.image(await picture(400, 300).png().toBuffer(), { visibility: 'members' });
    const member = service.issuer.headersFor(MEMBER);
    const addressOf = async (of: string) => {
      const told = (await service.get(`/assets/${of}/metadata`, member)).json();
      const file = { id: of, sha256: told.sha256, fileName: told.file_name };
      return variantPath(file, transformationFor({ width: 320 }, told), 'webp');
    };
    expect((await put({ presets: {}, immutable: true })).statusCode).toBe(200);
    const caching = async (url: string) => (await service.get(url, member)).headers['cache-control'];
    expect(await caching(await addressOf(id))).toBe('public, max-age=31536000, immutable');
    expect(await caching(`/assets/${id}?width=320`)).toBe('public, max-age=60, must-revalidate');
    expect(await caching(`/assets/${id}`)).toBe('public, max-age=60, must-revalidate');
    expect(await caching(await addressOf(closed.id))).toBe('private, no-cache');
  });

  it('are changed upon the version that was read', async () => {
    const current = await service.get(path, service.issuer.headersFor(AUTHOR));
    const etag = `"${current.json().version}"`;
    const settings = { presets: {}, immutable: false };
    expect((await put(settings, ADMIN, { 'if-match': etag })).statusCode).toBe(200);
    expect((await put(settings, ADMIN, { 'if-match': etag })).json()).toMatchObject({
      status: 412,
      code: 'version_conflict',
    });
  });

  it.each<[string, object, number, string]>([
    ['an editor', EDITOR, 403, 'insufficient_scope'],
    ['an administrator of another site', { ...ADMIN, site: 'site-b.localhost' }, 403, 'forbidden'],
  ])('are not changed by %s', async (_name, as, status, code) => {
    expect((await put({ presets: {}, immutable: true }, as)).json()).toMatchObject({ status, code });
  });

  it.each<[string, object]>([
    ['half a box', { presets: { a: { width: 1, height: 1 } }, immutable: false }],
    ['a width of nothing', { presets: { a: { width: 0 } }, immutable: false }],
    ['a box that is too large', { presets: { a: { width: 3841 } }, immutable: false }],
    ['a name that is none', { presets: { 'a b': { width: 1 } }, immutable: false }],
    ['another quality', { presets: { a: { width: 1, quality: 81 } }, immutable: false }],
    ['nothing', {}],
    ['more than is known', { presets: {}, immutable: false, purge: true }],
  ])('do not take %s', async (_name, body) => {
    expect((await put(body)).json()).toMatchObject({ status: 400, code: 'validation_failed' });
  });
});
