import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { widths } from '@gaia/image-variants/ladder';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { EDITOR, MEMBER, startAssets } from '../assets-service.ts';
import { type ImageService, startImages } from './image-service.ts';
import { animation, picture } from './odd-files.ts';

let service: ImageService;
let id: string;
let privateId: string;
beforeAll(async () => {
  service = await startImages();
  id = (await service.image(await picture(1200, 800).jpeg().toBuffer(), { name: 'A Heron.jpg' })).id;
  privateId = (await service.image(await picture(600, 400).png().toBuffer(), { visibility: 'members' })).id;
  return service.close;
});

const chrome = { accept: 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8' };
/** The address of a variant, as the cms works it out too. */
async function hashed(of: string, width: number, extension = 'webp'): Promise<string> {
  const { variantPath } = await import('@gaia/image-variants/address');
  const { transformationFor } = await import('@gaia/image-variants/transformation');
  const told = (await service.get(`/assets/${of}/metadata`, service.issuer.headersFor(EDITOR))).json();
  const file = { id: of, sha256: told.sha256, fileName: told.file_name };
  const format = extension === 'jpg' ? 'jpeg' : (extension as 'webp' | 'avif');
  return variantPath(file, transformationFor({ width }, told), format);
}

describe('a variant', () => {
  it.each([
    ['width=640', 640, 427],
    ['width=640&height=360&fit=cover', 640, 360],
    ['width=640&height=640&fit=inside', 640, 427],
    ['width=640&height=640&fit=cover&focal=0,0', 640, 640],
    ['width=3840', 1200, 800],
    ['quality=40', 1200, 800],
    ['format=png', 1200, 800],
    ['width=1920&height=1920&fit=cover', 800, 800],
  ])('for %s is of the size %s × %s', async (query, width, height) => {
    const answer = await service.get(`/assets/${id}?${query}`);
    expect(answer.statusCode, answer.body).toBe(200);
    expect(await sharp(answer.rawPayload).metadata()).toMatchObject({ width, height });
    expect(answer.headers['content-length']).toBe(String(answer.rawPayload.length));
  });

  it('keeps the focal point in sight: that of the request, else that of the file', async () => {
    const file = (await service.image(await picture(400, 100).png().toBuffer())).id;
    const colour = async (query = '') => {
      const answer = await service.get(`/assets/${file}?width=96&height=96&fit=cover&format=png${query}`);
      const { data } = await sharp(answer.rawPayload).removeAlpha().raw().toBuffer({ resolveWithObject: true });
      const at = (48 * 96 + 80) * 3;
      return [...data.subarray(at, at + 3)].map((part) => part > 128);
    };
    expect(await colour('&focal=0,0.5')).toEqual([true, false, false]);
    expect(await colour('&focal=1,0.5')).toEqual([false, false, true]);
    const headers = service.issuer.headersFor(EDITOR);
    const set = async (focal: unknown) =>
      service.app.inject({ method: 'PATCH', url: `/assets/${file}`, headers, payload: { focal } });
    expect((await set({ x: 0, y: 0.5 })).json()).toMatchObject({ focal: { x: 0, y: 0.5 }, version: 2 });
    expect(await colour()).toEqual([true, false, false]);
    expect((await set({ x: 1.2, y: 0 })).json()).toMatchObject({ status: 400, code: 'validation_failed' });
    expect((await set(null)).json()).not.toHaveProperty('focal');
  });

  it.each([
    ['width=800', 'width_not_allowed'],
    ['width=641', 'width_not_allowed'],
    ['width=640&height=359&fit=cover', 'height_not_allowed'],
    ['width=640&height=360', 'fit_required'],
    ['height=640&fit=cover', 'width_not_allowed'],
    ['width=640&fit=cover', 'fit_not_allowed'],
    ['width=640&quality=81', 'quality_not_allowed'],
    ['preset=card', 'preset_not_found'],
    ['width=0', 'validation_failed'],
    ['width=6.4e2.', 'validation_failed'],
    ['width=640&format=svg', 'validation_failed'],
    ['width=640&fit=fill&height=640', 'validation_failed'],
    ['width=640&focal=0.5', 'validation_failed'],
    ['width=640&focal=2,0', 'validation_failed'],
    ['width=640&width=640', 'validation_failed'],
    ['preset=card&width=640', 'validation_failed'],
    ['preset=__proto__', 'validation_failed'],
    ['preset=constructor', 'preset_not_found'],
    ['widht=640', 'validation_failed'],
  ])('is refused for %s', async (query, code) => {
    const answer = await service.get(`/assets/${id}?${query}`);
    expect(answer.json()).toMatchObject({ status: 400, code });
    if (code === 'width_not_allowed') expect(answer.json().allowed).toEqual([...widths]);
  });

  it('has the format that Accept names, and AVIF once that is made', async () => {
    const url = `/assets/${id}?width=256`;
    const types = async (accept?: string) => {
      const answer = await service.get(url, accept === undefined ? {} : { accept });
      expect(answer.headers.vary).toBe('accept');
      return answer.headers['content-type'];
    };
    expect(await types()).toBe('image/jpeg');
    expect(await types('*/*')).toBe('image/jpeg');
    expect(await types('image/webp;q=0, image/*')).toBe('image/jpeg');
    expect(await types('image/webp')).toBe('image/webp');
    expect(await types(chrome.accept)).toBe('image/webp');
    await expect.poll(() => types(chrome.accept), { timeout: 20_000 }).toBe('image/avif');
    expect(await types('image/webp')).toBe('image/webp');
  });

  it('by an address of its own never negotiates, and is pending where it is an AVIF', async () => {
    const webp = await service.get(await hashed(id, 480), { accept: 'image/avif' });
    expect(webp.headers).toMatchObject({
      'content-type': 'image/webp',
      'content-disposition': 'inline; filename="A Heron.webp"',
      'cache-control': 'public, max-age=60, must-revalidate',
    });
    expect(webp.headers.vary).toBeUndefined();
    const url = await hashed(id, 480, 'avif');
    const pending = await service.get(url);
    expect(pending.json()).toMatchObject({ status: 503, code: 'variant_pending' });
    expect(pending.headers['retry-after']).toBe('5');
    await expect
      .poll(async () => (await service.get(url)).headers['content-type'], { timeout: 20_000 })
      .toBe('image/avif');
  });

  it('is found at no address that was made up', async () => {
    const path = await hashed(id, 480);
    for (const other of [
      path.replace('w480', 'w640'),
      path.replace('q80', 'q81'),
      path.replace(/-[0-9a-f]{16}/, '-0123456789abcdef'),
      path.replace('.webp', '.svg'),
      path.replace('.webp', ''),
      path.replace(id, privateId),
    ]) {
      const answer = await service.get(other, service.issuer.headersFor(MEMBER));
      expect(answer.json(), other).toMatchObject({ status: 404, code: 'variant_not_found' });
    }
  });

  it('can be asked for in part and again, as any file', async () => {
    const url = await hashed(id, 320);
    const whole = await service.get(url);
    const { etag = '', 'last-modified': modified = '' } = whole.headers as Record<string, string>;
    expect(etag).toMatch(/^"[0-9a-f]{64}"$/);
    const part = await service.get(url, { range: 'bytes=4-7' });
    expect([part.statusCode, part.rawPayload]).toEqual([206, whole.rawPayload.subarray(4, 8)]);
    for (const condition of [{ 'if-none-match': etag }, { 'if-modified-since': modified }]) {
      const again = await service.get(url, condition as Record<string, string>);
      expect([again.statusCode, again.body, again.headers.etag]).toEqual([304, '', etag]);
    }
    const head = await service.app.inject({ method: 'HEAD', url });
    expect([head.statusCode, head.body, head.headers.etag]).toEqual([200, '', etag]);
  });
});

describe('access', () => {
  it('is asked at every address, before a condition is', async () => {
    const path = await hashed(privateId, 320);
    const headers = service.issuer.headersFor(MEMBER);
    const seen = await service.get(path, headers);
    expect(seen.statusCode).toBe(200);
    expect(seen.headers['cache-control']).toBe('private, no-cache');
    expect(seen.headers.vary).toContain('authorization');
    const etag = String(seen.headers.etag);
    for (const url of [path, `/assets/${privateId}?width=320`, `/assets/${privateId}`]) {
      expect((await service.get(url, { 'if-none-match': etag })).json()).toMatchObject({ status: 401 });
      const foreign = { ...service.issuer.headersFor({ site: 'site-b.localhost' }), 'if-none-match': '*' };
      expect((await service.get(url, foreign)).json()).toMatchObject({ status: 404, code: 'file_not_found' });
    }
  });

  it('tells of a closed file nothing, not even what can be asked for', async () => {
    const foreign = service.issuer.headersFor({ site: 'site-b.localhost' });
    for (const query of ['width=641', 'width=640', 'preset=card']) {
      const answer = await service.get(`/assets/${privateId}?${query}`, foreign);
      expect(answer.json()).toMatchObject({ status: 404, code: 'file_not_found' });
    }
  });
});

describe('a link', () => {
  const link = async (as = MEMBER) =>
    (
      await service.app.inject({
        method: 'POST',
        url: `/assets/${privateId}/link`,
        headers: service.issuer.headersFor(as),
      })
    ).json();
  const token = (made: { url: string }) => new URL(made.url).searchParams.get('token');

  it('opens all variants of its file, and a browser may keep them as long as it lives', async () => {
    const opened = token(await link());
    for (const url of [
      `/assets/${privateId}?token=${opened}&width=320`,
      `${await hashed(privateId, 320)}?token=${opened}`,
    ]) {
      const answer = await service.get(url);
      expect(answer.statusCode, answer.body).toBe(200);
      expect(answer.headers['cache-control']).toMatch(/^private, max-age=(?:29\d|300)$/);
    }
    const other = await service.get(`${await hashed(id, 320)}?token=${opened}`);
    expect(other.json()).toMatchObject({ status: 403, code: 'forbidden' });
  });

  it('is the same for the same viewer for half of its life, and another for another', async () => {
    const as = { ...MEMBER, subject: 'gallery', sessionId: 'session-of-the-gallery' };
    const first = await link(as);
    service.issuer.travel(100);
    const second = await link(as);
    expect([second.url, second.expires_in]).toEqual([first.url, 200]);
    expect((await link({ ...as, sessionId: 'another-session' })).url).not.toBe(first.url);
    expect((await link({ ...as, role: 'editor' })).url).not.toBe(first.url);
    service.issuer.travel(60);
    expect(await link(as)).toMatchObject({ expires_in: 300, url: expect.not.stringContaining(String(token(first))) });
    const answer = await service.get(`/assets/${privateId}?width=320&token=${token(first)}`);
    expect(answer.headers['cache-control']).toMatch(/^private, max-age=1(?:39|40)$/);
  });

  it('is a new one where the login of the one before has ended', async () => {
    const as = { ...MEMBER, subject: 'leaver', sessionId: 'session-of-a-leaver' };
    const first = await link(as);
    await service.state.revocations.append(
      { kind: 'sub', id: 'leaver', notBefore: Math.floor(service.issuer.now() / 1_000) + 1 },
      service.issuer.now() + 900_000,
      service.issuer.now(),
    );
    await expect
      .poll(async () => (await service.get(`/assets/${privateId}?token=${token(first)}`)).statusCode)
      .toBe(401);
    service.issuer.travel(2);
    const second = await link(as);
    expect(second.url).not.toBe(first.url);
    expect((await service.get(`/assets/${privateId}?token=${token(second)}`)).statusCode).toBe(200);
  });
});

describe('what was made', () => {
  it('is made once, whatever number of requests and replicas ask', async () => {
    const other = await startAssets({
      DATABASE_URL: service.databaseUrl,
      ASSETS_DIR: service.directory,
      ASSETS_MAX_BYTES: '20000000',
    });
    const fresh = (await service.image(await picture(900, 600).jpeg().toBuffer())).id;
    const before = service.onDisk().kept.length;
    const url = `/assets/${fresh}?width=640&format=webp`;
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? service : other).app.inject({ url })),
    );
    expect(new Set(answers.map(({ statusCode, headers }) => `${statusCode} ${headers.etag}`)).size).toBe(1);
    expect(service.onDisk().kept.length).toBe(before + 1);
  });

  it('is made again where the store has lost it', async () => {
    const fresh = (await service.image(await picture(900, 600).jpeg().toBuffer())).id;
    const originals = new Set(service.onDisk().kept);
    for (const url of [`/assets/${fresh}?width=320`, await hashed(fresh, 480)]) {
      const first = await service.get(url);
      expect(first.statusCode).toBe(200);
      const [made = ''] = service.onDisk().kept.filter((key) => !originals.has(key));
      rmSync(join(service.directory, 'files', made.slice(0, 2), made.slice(2, 4), made));
      const again = await Promise.all([service.get(url), service.get(url, { range: 'bytes=0-3' })]);
      expect(again.map(({ statusCode }) => statusCode)).toEqual([200, 206]);
      expect(again[0]?.rawPayload).toEqual(first.rawPayload);
      expect([again[0]?.headers.etag, again[0]?.headers.vary]).toEqual([first.headers.etag, first.headers.vary]);
      for (const key of service.onDisk().kept) originals.add(key);
    }
  });

  it('goes with the file', async () => {
    const fresh = (await service.image(await picture(900, 600).jpeg().toBuffer())).id;
    const url = await hashed(fresh, 320);
    expect((await service.get(url)).statusCode).toBe(200);
    const headers = service.issuer.headersFor(EDITOR);
    const gone = await service.app.inject({ method: 'DELETE', url: `/assets/${fresh}`, headers });
    expect(gone.statusCode).toBe(204);
    expect((await service.get(url)).json()).toMatchObject({ status: 404, code: 'file_not_found' });
  });

  it('is kept up to a number for a file; the least used give way', async () => {
    const few = await startImages({ ASSETS_VARIANTS_PER_FILE: '3' });
    const fresh = (await few.image(await picture(900, 600).jpeg().toBuffer())).id;
    for (const width of [16, 32, 48, 64, 96]) {
      expect((await few.get(`/assets/${fresh}?width=${width}`)).statusCode).toBe(200);
    }
    const { openDatabase } = await import('@gaia/database/database');
    const database = openDatabase<{ file_variants: { key: string } }>({
      url: few.databaseUrl,
      schema: 'assets',
      applicationName: 'test',
      maxConnections: 1,
      log: () => undefined,
    });
    const rows = await database.selectFrom('file_variants').select('key').execute();
    await database.destroy();
    expect(rows.map(({ key }) => key).sort()).toEqual(['w48-q80', 'w64-q80', 'w96-q80']);
  });
});

describe('a conversion', () => {
  it('that takes too much memory ends alone', async () => {
    const tight = await startImages({ ASSETS_IMAGE_MEMORY: String(256 * 1024 * 1024) });
    const quick = (await tight.image(await picture(100, 100).jpeg().toBuffer())).id;
    const bomb = await sharp({ create: { width: 9_000, height: 9_000, channels: 3, background: '#123' } })
      .png({ progressive: true, compressionLevel: 1 })
      .toBuffer();
    const [large, ...others] = await Promise.all([
      tight.image(bomb, { type: 'image/png' }),
      ...[16, 32, 48, 64].map((width) => tight.get(`/assets/${quick}?width=${width}`)),
    ]);
    expect(others.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200]);
    const answer = await tight.get(`/assets/${large.id}?width=640`);
    expect(answer.json()).toMatchObject({ status: 422, code: 'image_unreadable' });
  });

  it('is refused when too many wait, and can be tried again', async () => {
    const narrow = await startImages({ ASSETS_IMAGE_WORKERS: '1', ASSETS_IMAGE_QUEUE: '2' });
    const fresh = (await narrow.image(await animation(60, 300), { type: 'image/gif' })).id;
    const answers = await Promise.all(
      [16, 32, 48, 64, 96, 128, 160, 256].map((width) => narrow.get(`/assets/${fresh}?width=${width}&format=webp`)),
    );
    const refused = answers.filter(({ statusCode }) => statusCode === 503);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused) {
      expect(answer.json().code).toBe('conversion_queue_full');
      expect(answer.headers['retry-after']).toBe('2');
    }
    expect(answers.filter(({ statusCode }) => statusCode === 200).length).toBe(answers.length - refused.length);
    expect((await narrow.get(`/assets/${fresh}?width=256&format=webp`)).statusCode).toBe(200);
  });
});
