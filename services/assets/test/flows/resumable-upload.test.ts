import { createHash } from 'node:crypto';
import { startS3Server } from '@gaia/test-servers/s3-server';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AssetsService, AUTHOR, EDITOR, startAssets } from '../assets-service.ts';
import { appendAndCut, BYTES, metadataOf, offsetBeyond, SITE, tusClient, VERSION } from '../tus-client.ts';

const MB = 1024 * 1024;
const content = Buffer.alloc(5 * MB, Buffer.from(Array.from({ length: 251 }, (_, index) => index)));
const sha256 = createHash('sha256').update(content).digest('hex');

let disk: AssetsService;
let bucket: AssetsService;
beforeAll(async () => {
  const s3 = await startS3Server();
  disk = await startAssets({ ASSETS_MAX_BYTES: '20000000' });
  bucket = await startAssets({
    ASSETS_MAX_BYTES: '20000000',
    ASSETS_STORE: 's3',
    ASSETS_S3_BUCKET: s3.bucket,
    ASSETS_S3_ENDPOINT: s3.url,
    ASSETS_S3_ACCESS_KEY_ID: s3.accessKeyId,
    ASSETS_S3_SECRET_ACCESS_KEY: s3.secretAccessKey,
  });
  return async () => {
    await disk.close();
    await bucket.close();
    await s3.close();
  };
});

describe.each([
  ['disk', () => disk],
  ['s3', () => bucket],
])('an upload that goes on, on %s', (_name, serviceOf) => {
  it('becomes a file when all of it has come, cut off several times', async () => {
    const service = serviceOf();
    const client = tusClient(service);
    const origin = await service.app.listen({ host: '127.0.0.1', port: 0 });
    const said = { filename: 'clip.bin', filetype: 'application/x-clip', visibility: 'members', sha256 };
    const created = await client.create(content.length, said);
    expect(created.statusCode).toBe(201);
    const path = String(created.headers.location);
    expect(path).toMatch(/^\/assets\/uploads\/[0-9a-f-]{36}$/);
    expect(Date.parse(String(created.headers['upload-expires']))).toBeGreaterThan(Date.now());
    let offset = 0;
    for (let cut = 0; cut < 4; cut += 1) {
      await appendAndCut({
        origin,
        path,
        headers: service.issuer.headersFor(AUTHOR) as Record<string, string>,
        offset,
        content,
        cutAfter: MB,
      });
      offset = await offsetBeyond(offset, () => client.offset(path));
      expect(offset).toBeLessThanOrEqual((cut + 1) * MB);
    }
    const last = await client.append(path, offset, content.subarray(offset));
    expect(last.statusCode, last.body).toBe(204);
    expect(last.headers['upload-offset']).toBe(String(content.length));
    const address = String(last.headers['content-location']);
    const headers = service.issuer.headersFor(AUTHOR);
    const known = await service.app.inject({ url: `${address}/metadata`, headers });
    expect(known.json()).toMatchObject({
      file_name: 'clip.bin',
      size: content.length,
      sha256,
      visibility: 'members',
      uploaded_by: 'ann',
    });
    const read = await service.app.inject({ url: address, headers });
    expect(read.rawPayload.equals(content)).toBe(true);
    const asked = await client.send('HEAD', path);
    expect(asked.headers).toMatchObject({
      'upload-offset': String(content.length),
      'upload-length': String(content.length),
      'upload-metadata': metadataOf(said),
      'content-location': address,
      'cache-control': 'no-store',
    });
  });

  it('can come with its beginning, and be empty', async () => {
    const service = serviceOf();
    const client = tusClient(service);
    const whole = await client.create(5, { filename: 'a.txt' }, BYTES, Buffer.from('hello'));
    expect(whole.statusCode).toBe(201);
    const headers = service.issuer.headersFor(AUTHOR);
    const read = await service.app.inject({ url: String(whole.headers['content-location']), headers });
    expect(read.body).toBe('hello');
    const begun = await client.create(10, {}, BYTES, Buffer.from('hello'));
    expect(begun.headers['upload-offset']).toBe('5');
    const empty = await client.create(0);
    expect(empty.statusCode).toBe(201);
    const found = await service.app.inject({ url: `${empty.headers['content-location']}/metadata`, headers });
    expect(found.json()).toMatchObject({ size: 0 });
  });

  it('is removed with its bytes when it is given up or has another digest than was said', async () => {
    const service = serviceOf();
    const client = tusClient(service);
    const begun = String((await client.create(10, {}, BYTES, Buffer.from('hello'))).headers.location);
    expect((await client.send('DELETE', begun)).statusCode).toBe(204);
    expect((await client.send('HEAD', begun)).statusCode).toBe(404);
    const other = createHash('sha256').update('other').digest('hex');
    const wrong = await client.create(5, { sha256: other }, BYTES, Buffer.from('hello'));
    expect(wrong.json()).toMatchObject({ status: 422, code: 'checksum_mismatch' });
  });
});

it('has no trace of CORS in its responses, and says what it can', async () => {
  const { app } = disk;
  const answer = await app.inject({
    method: 'OPTIONS',
    url: '/assets/uploads',
    headers: { origin: 'https://evil.example' },
  });
  expect(answer.statusCode).toBe(204);
  expect(answer.headers).toMatchObject({
    'tus-version': '1.0.0',
    'tus-extension': 'creation,creation-with-upload,termination,expiration',
    'tus-max-size': '20000000',
  });
  const created = await tusClient(disk).create(1, {}, { origin: 'https://evil.example' });
  for (const { headers } of [answer, created]) {
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  }
});

describe('a request is refused', () => {
  let own: string;
  beforeAll(async () => {
    own = String((await tusClient(disk).create(10, {}, BYTES, Buffer.from('hello'))).headers.location);
  });
  const OFFSET = { ...BYTES, 'upload-offset': '5' };
  const other = { role: 'author', subject: 'bob' } as const;
  const elsewhere = { role: 'author', subject: 'ann', site: 'site-b.localhost' } as const;

  it.each([
    ['by another account', other, 'PATCH', OFFSET, 404, 'upload_not_found'],
    ['by an editor', EDITOR, 'PATCH', OFFSET, 404, 'upload_not_found'],
    ['by the account in another site', elsewhere, 'PATCH', OFFSET, 404, 'upload_not_found'],
    ['by another account that asks', other, 'HEAD', {}, 404, undefined],
    ['by another account that gives it up', other, 'DELETE', {}, 404, 'upload_not_found'],
    ['by a member', { role: 'member', subject: 'ann' }, 'PATCH', OFFSET, 403, 'insufficient_scope'],
    ['at an offset before', AUTHOR, 'PATCH', { ...BYTES, 'upload-offset': '4' }, 409, 'upload_offset_conflict'],
    ['at an offset behind', AUTHOR, 'PATCH', { ...BYTES, 'upload-offset': '6' }, 409, 'upload_offset_conflict'],
    ['without an offset', AUTHOR, 'PATCH', BYTES, 400, 'validation_failed'],
    ['with an offset that is none', AUTHOR, 'PATCH', { ...BYTES, 'upload-offset': '-1' }, 400, 'validation_failed'],
    ['with another type', AUTHOR, 'PATCH', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
    ['with another version', AUTHOR, 'HEAD', { 'tus-resumable': '0.2.2' }, 412, undefined],
    [
      'with another method in a header',
      AUTHOR,
      'PATCH',
      { ...OFFSET, 'x-http-method-override': 'DELETE' },
      400,
      'method_override_refused',
    ],
  ] as const)('%s', async (_name, as, method, headers, status, code) => {
    const body = method === 'PATCH' ? Buffer.from('x') : undefined;
    const answer = await tusClient(disk, as).send(method, own, headers, body);
    expect(answer.statusCode).toBe(status);
    if (code !== undefined) expect(answer.json()).toMatchObject({ code });
    expect(await tusClient(disk).offset(own)).toBe(5);
  });

  it.each([
    ['without a version', { 'tus-resumable': '' }, 412, 'tus_version_not_supported'],
    ['without a length', { 'upload-length': '' }, 400, 'validation_failed'],
    ['with a length that is none', { 'upload-length': '1e3' }, 400, 'validation_failed'],
    ['of more than the largest file', { 'upload-length': '20000001' }, 413, 'file_too_large'],
    ['of a length that is told later', { 'upload-length': '', 'upload-defer-length': '1' }, 400, 'validation_failed'],
    ['of a part to be put together with others', { 'upload-concat': 'partial' }, 400, 'tus_extension_not_supported'],
    ['with metadata that is none', { 'upload-metadata': 'filename %%%' }, 400, 'validation_failed'],
    [
      'with metadata that is not known',
      { 'upload-metadata': metadataOf({ visibilty: 'public' }) },
      400,
      'validation_failed',
    ],
    [
      'with a visibility that is not known',
      { 'upload-metadata': metadataOf({ visibility: 'all' }) },
      400,
      'validation_failed',
    ],
    ['with a digest that is none', { 'upload-metadata': metadataOf({ sha256: 'abc' }) }, 400, 'validation_failed'],
  ])('that begins an upload %s', async (_name, headers, status, code) => {
    const answer = await tusClient(disk).create(10, {}, headers);
    expect(answer.json()).toMatchObject({ status, code });
  });

  it('that sends more than was said', async () => {
    const client = tusClient(disk);
    expect((await client.append(own, 5, Buffer.from('123456'))).json()).toMatchObject({
      status: 413,
      code: 'upload_length_exceeded',
    });
    const more = await client.create(3, {}, BYTES, Buffer.from('1234'));
    expect(more.json()).toMatchObject({ status: 413, code: 'upload_length_exceeded' });
    expect(await client.offset(own)).toBe(5);
  });

  it.each([
    ['anonymous', undefined, 401, 'token_missing'],
    ['a member', { role: 'member' }, 403, 'insufficient_scope'],
    ['an author of another site', { role: 'author', site: 'site-b.localhost' }, 403, 'forbidden'],
  ] as const)('that begins an upload as %s', async (_name, as, status, code) => {
    const { app, issuer } = disk;
    const headers = { ...(as && issuer.headersFor(as)), ...VERSION, 'upload-length': '1' };
    const answer = await app.inject({ method: 'POST', url: `/assets/sites/${SITE}/uploads`, headers });
    expect(answer.json()).toMatchObject({ status, code });
  });
});

it('bounds the unfinished uploads of an account, also of those that begin at once', async () => {
  const service = await startAssets({ ASSETS_UPLOADS_PER_ACCOUNT: '3' });
  const client = tusClient(service);
  const begun = await Promise.all(Array.from({ length: 5 }, () => client.create(1)));
  expect(begun.map(({ statusCode }) => statusCode).toSorted()).toEqual([201, 201, 201, 429, 429]);
  expect(begun.find(({ statusCode }) => statusCode === 429)?.json()).toMatchObject({ code: 'too_many_uploads' });
  expect((await tusClient(service, EDITOR).create(1)).statusCode).toBe(201);
  const one = begun.find(({ statusCode }) => statusCode === 201)?.headers.location;
  expect((await client.append(String(one), 0, Buffer.from('x'))).statusCode).toBe(204);
  expect((await client.create(1)).statusCode).toBe(201);
});

it('expires', async () => {
  const service = await startAssets({ ASSETS_UPLOAD_HOURS: '1' });
  const client = tusClient(service);
  const path = String((await client.create(10)).headers.location);
  service.issuer.travel(3_601);
  const late = await client.append(path, 0, Buffer.from('x'));
  expect(late.json()).toMatchObject({ status: 410, code: 'upload_expired' });
});

it('goes on at another replica, also while the first one holds a connection that is dead', async () => {
  const first = await startAssets();
  const second = await startAssets(
    { DATABASE_URL: first.databaseUrl, ASSETS_DIR: first.directory },
    { feed: first.feed, state: first.state },
  );
  const origin = await first.app.listen({ host: '127.0.0.1', port: 0 });
  const created = await tusClient(first).create(10);
  const path = String(created.headers.location);
  const { request } = await import('node:http');
  const { authorization = '' } = first.issuer.headersFor(AUTHOR) as Record<string, string>;
  const stalled = request(`${origin}${path}`, {
    method: 'PATCH',
    headers: { ...VERSION, ...BYTES, authorization, 'upload-offset': '0', 'content-length': 10 },
  });
  stalled.on('error', () => undefined);
  stalled.write('12345');
  await expect.poll(() => first.state.records.get('assets-upload-locks', path.slice(-36), Date.now())).toBeTruthy();
  // Signed by its own issuer, as all test services are.
  const client = tusClient(second);
  const headers = { ...VERSION, authorization: String(second.issuer.headersFor(AUTHOR).authorization) };
  const asked = await second.app.inject({ method: 'HEAD', url: path, headers });
  expect(asked.headers['upload-offset']).toBe('5');
  const last = await client.append(path, 5, Buffer.from('67890'));
  expect(last.statusCode, last.body).toBe(204);
  stalled.destroy();
});
