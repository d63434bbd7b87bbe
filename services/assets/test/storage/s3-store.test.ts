import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { startS3Server } from '@gaia/test-servers/s3-server';
import { expect, it, onTestFinished } from 'vitest';
import { CHUNK_BYTES } from '../../src/storage/file-store.ts';
import { openS3Store } from '../../src/storage/s3-store.ts';

const KEY = '0198c2de-1234-4000-8000-000000000001';
const DAY = 86_400_000;

async function setUp(secretAccessKey?: string) {
  const clock = { time: Date.now() };
  const server = await startS3Server({ now: () => clock.time });
  onTestFinished(server.close);
  const store = await openS3Store({
    bucket: server.bucket,
    region: server.region,
    endpoint: server.url,
    credentials: { accessKeyId: server.accessKeyId, secretAccessKey: secretAccessKey ?? server.secretAccessKey },
    prefix: '',
    uploadLifetimeMs: DAY,
    now: () => clock.time,
  });
  return { server, store, clock };
}

it('signs what it sends', async () => {
  const { store } = await setUp('another secret');
  await expect(store.check()).rejects.toMatchObject({ code: 'storage_unavailable' });
});

it('gives an address that works for a short time, and says what the bytes are', async () => {
  const { store, clock } = await setUp();
  await (await store.receive(KEY, Readable.from([Buffer.from('content')]), 100)).keep();
  const disposition = 'attachment; filename="a.csv"';
  const url = (await store.signedUrl?.(KEY, { seconds: 60, mediaType: 'text/csv', disposition })) ?? '';
  const answer = await fetch(url);
  expect(await answer.text()).toBe('content');
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'text/csv',
    'content-disposition': disposition,
  });
  expect((await fetch(`${url}0`)).status).toBe(403);
  expect((await fetch(url.replace('text%2Fcsv', 'text%2Fhtml'))).status).toBe(403);
  clock.time += 61_000;
  expect((await fetch(url)).status).toBe(403);
});

it('ends multipart uploads that a killed process has left, and no others', async () => {
  const { store, server, clock } = await setUp();
  const chunk = Buffer.alloc(CHUNK_BYTES);
  // Neither is kept nor discarded: the process is gone.
  await store.receive(KEY, Readable.from([chunk]), CHUNK_BYTES);
  clock.time += DAY;
  const received = await store.chunks.append(KEY, { size: 0 }, chunk);
  await expect(store.sweep()).resolves.toBe(0);
  clock.time += DAY / 2;
  await expect(store.sweep()).resolves.toBe(1);
  expect(server.uploads()).toHaveLength(1);
  await store.chunks.complete(KEY, received);
  expect(server.objects()).toEqual([`files/${KEY}`]);
});

it('speaks as little as it can for small files', async () => {
  const { store, server } = await setUp();
  await (await store.receive(KEY, Readable.from([Buffer.from('small')]), 100)).keep();
  await text(await store.open(KEY));
  expect(server.requests).toEqual(['PUT', 'GET']);
});
