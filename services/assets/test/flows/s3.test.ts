import { type S3Server, startS3Server } from '@gaia/test-servers/s3-server';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { type AssetsService, AUTHOR, LINK_KEYS, MEMBER, startAssets } from '../assets-service.ts';

/** Settings of a server. */
export const s3Env = (s3: S3Server) => ({
  ASSETS_S3_BUCKET: s3.bucket,
  ASSETS_S3_ENDPOINT: s3.url,
  ASSETS_S3_ACCESS_KEY_ID: s3.accessKeyId,
  ASSETS_S3_SECRET_ACCESS_KEY: s3.secretAccessKey,
});

let s3: S3Server;
let service: AssetsService;
beforeAll(async () => {
  s3 = await startS3Server();
  service = await startAssets({ ...s3Env(s3), ASSETS_STORE: 's3' });
  return async () => {
    await service.close();
    await s3.close();
  };
});

it('keeps files in the bucket and gives them whole and in parts', async () => {
  const { app, issuer, textFile, onDisk } = service;
  const id = await textFile('in the bucket');
  expect(s3.objects()).toContain(`files/${id}`);
  expect(onDisk().kept).toEqual([]);
  const headers = issuer.headersFor(MEMBER);
  expect((await app.inject({ url: `/assets/${id}`, headers })).body).toBe('in the bucket');
  const part = await app.inject({ url: `/assets/${id}`, headers: { ...headers, range: 'bytes=3-5' } });
  expect(part).toMatchObject({ statusCode: 206, body: 'the' });
  const removed = await app.inject({ method: 'DELETE', url: `/assets/${id}`, headers: issuer.headersFor(AUTHOR) });
  expect(removed.statusCode).toBe(204);
  expect(s3.objects()).not.toContain(`files/${id}`);
});

it('reads what is on the disk still, and answers 503 while the bucket is unavailable', async () => {
  const before = await startAssets();
  const id = await before.textFile('on the disk');
  const broken = await startS3Server();
  const env = { ...s3Env(broken), ASSETS_STORE: 's3', DATABASE_URL: before.databaseUrl, ASSETS_DIR: before.directory };
  const after = await startAssets(env);
  await broken.close();
  const read = await after.app.inject({ url: `/assets/${id}`, headers: after.issuer.headersFor(AUTHOR) });
  expect(read.body).toBe('on the disk');
  const refused = await after.upload([{ name: 'file', content: 'x', fileName: 'a.txt' }]);
  expect(refused.json()).toMatchObject({ status: 503, code: 'storage_unavailable' });
});

describe('with redirects', () => {
  it('sends readers, and no others, to an address of the bucket', async () => {
    const { app, issuer, textFile, close } = await startAssets({
      ...s3Env(s3),
      ASSETS_STORE: 's3',
      ASSETS_S3_REDIRECT: 'on',
    });
    onTestFinished(close);
    const id = await textFile('from the bucket');
    const answer = await app.inject({ url: `/assets/${id}`, headers: issuer.headersFor(MEMBER) });
    expect(answer.statusCode).toBe(302);
    expect(answer.headers['cache-control']).toBe('no-store');
    const read = await fetch(String(answer.headers.location), { headers: { range: 'bytes=0-3' } });
    expect(await read.text()).toBe('from');
    expect(read.headers.get('content-disposition')).toBe('inline; filename=a.txt');
    const anonymous = await app.inject({ url: `/assets/${id}` });
    expect(anonymous.statusCode).toBe(401);
  });
});

it.each([
  ['no bucket', { ASSETS_STORE: 's3' }, /ASSETS_S3_BUCKET must be set/],
  ['half a key', { ASSETS_S3_BUCKET: 'b', ASSETS_S3_ACCESS_KEY_ID: 'id' }, /must be set both, or neither/],
])('does not start with %s', (_name, env, message) => {
  const common = {
    DATABASE_URL: 'postgres://localhost/x',
    ASSETS_LINK_KEYS: LINK_KEYS,
    AUTH_URL: 'http://localhost:1',
    CMS_URL: 'http://localhost:1',
    SERVICE_CLIENT_SECRET: 'a-secret-of-the-assets-service',
  };
  expect(() => loadConfig({ ...common, ...env })).toThrow(message);
});
