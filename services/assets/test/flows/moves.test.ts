import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startS3Server } from '@gaia/test-servers/s3-server';
import { expect, it, onTestFinished } from 'vitest';
import { type AssetsService, AUTHOR, EDITOR, startAssets } from '../assets-service.ts';

const ADMINISTRATOR = { role: 'admin', subject: 'root', scope: ['sites:manage'] } as const;

async function bothStores() {
  const s3 = await startS3Server();
  onTestFinished(s3.close);
  const service = await startAssets({
    ASSETS_S3_BUCKET: s3.bucket,
    ASSETS_S3_ENDPOINT: s3.url,
    ASSETS_S3_ACCESS_KEY_ID: s3.accessKeyId,
    ASSETS_S3_SECRET_ACCESS_KEY: s3.secretAccessKey,
  });
  return { s3, service };
}

const begin = ({ app, issuer }: AssetsService, to: string, as: object = ADMINISTRATOR) =>
  app.inject({ method: 'POST', url: '/assets/moves', headers: issuer.headersFor(as), payload: { to } });

async function moved(service: AssetsService, to: string) {
  expect((await begin(service, to)).statusCode).toBe(200);
  const look = () =>
    service.app.inject({ url: `/assets/moves?to=${to}`, headers: service.issuer.headersFor(ADMINISTRATOR) });
  await expect.poll(async () => (await look()).json().state).toBe('idle');
  return (await look()).json();
}

const read = async ({ app, issuer }: AssetsService, id: string) =>
  (await app.inject({ url: `/assets/${id}`, headers: issuer.headersFor(AUTHOR) })).body;

it('moves all files to another store and back, and readers notice nothing', async () => {
  const { s3, service } = await bothStores();
  const ids = await Promise.all(['one', 'two', 'three'].map((text) => service.textFile(text)));
  expect(await moved(service, 's3')).toMatchObject({ to: 's3', remaining_files: 0, remaining_bytes: 0, failed: 0 });
  expect(s3.objects()).toEqual(ids.map((id) => `files/${id}`).toSorted());
  expect(await Promise.all(ids.map((id) => read(service, id)))).toEqual(['one', 'two', 'three']);
  expect(await moved(service, 'disk')).toMatchObject({ remaining_files: 0 });
  await s3.close();
  expect(await Promise.all(ids.map((id) => read(service, id)))).toEqual(['one', 'two', 'three']);
});

it('goes on where it was broken off', async () => {
  const { s3, service } = await bothStores();
  const before = await Promise.all(['one', 'two'].map((text) => service.textFile(text)));
  await moved(service, 's3');
  const after = await service.textFile('three');
  const puts = s3.requests.filter((request) => request === 'PUT').length;
  await moved(service, 's3');
  expect(s3.requests.filter((request) => request === 'PUT')).toHaveLength(puts + 1);
  expect(s3.objects()).toEqual([...before, after].map((id) => `files/${id}`).toSorted());
});

it('leaves what is damaged where it is, and tells of it', async () => {
  const { s3, service } = await bothStores();
  const sound = await service.textFile('sound');
  const damaged = await service.textFile('damaged');
  const path = readdirSync(join(service.directory, 'files'), { recursive: true })
    .map(String)
    .find((name) => name.endsWith(damaged));
  writeFileSync(join(service.directory, 'files', String(path)), 'DAMAGED');
  expect(await moved(service, 's3')).toMatchObject({ remaining_files: 1, remaining_bytes: 7 });
  expect(s3.objects()).toEqual([`files/${sound}`]);
  expect(s3.uploads()).toEqual([]);
  expect(service.logs.join()).toContain('a file could not be moved');
});

it.each([
  ['an editor', 'disk', EDITOR, 403, 'insufficient_scope'],
  ['an administrator, to a store that is not configured', 's3', ADMINISTRATOR, 409, 'store_not_configured'],
  ['an administrator, to a store that is none', 'tape', ADMINISTRATOR, 400, 'validation_failed'],
] as const)('is refused to %s', async (_name, to, as, status, code) => {
  expect((await begin(await startAssets(), to, as)).json()).toMatchObject({ status, code });
});
