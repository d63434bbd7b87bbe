import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { startS3Server } from '@gaia/test-servers/s3-server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDiskStore } from '../../src/storage/disk-store.ts';
import { CHUNK_BYTES, type FileStore, type ReceivedChunks, StorageError } from '../../src/storage/file-store.ts';
import { openS3Store } from '../../src/storage/s3-store.ts';

interface TestStore {
  readonly store: FileStore;
  /** Opens the same store as another process would. */
  reopen(): Promise<FileStore>;
  /** Everything that it holds beside whole files, and those. */
  contents(): { readonly partial: readonly string[]; readonly whole: readonly string[] };
  breakDown(): void | Promise<void>;
}

async function diskStore(): Promise<TestStore> {
  const directory = mkdtempSync(join(tmpdir(), 'gaia-store-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const namesIn = (folder: string) =>
    readdirSync(join(directory, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name)
      .toSorted();
  return {
    store: await openDiskStore(directory),
    reopen: () => openDiskStore(directory),
    contents: () => ({ partial: [...namesIn('incoming'), ...namesIn('uploads')], whole: namesIn('files') }),
    breakDown: () => rmSync(directory, { recursive: true }),
  };
}

const KEY = '0198c2de-1234-4000-8000-000000000001';
const OTHER = '0198c2de-1234-4000-8000-000000000002';
const LARGE = CHUNK_BYTES * 2 + 12_345;

const bytes = (...chunks: string[]) => Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
/** Bytes that differ from place to place. */
const pattern = (size: number) => Buffer.alloc(size, Buffer.from(Array.from({ length: 251 }, (_, index) => index)));
const inPieces = (content: Buffer, size: number) =>
  Readable.from(
    (function* () {
      for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
    })(),
  );

async function put(store: FileStore, key: string, content: string): Promise<void> {
  await (await store.receive(key, bytes(content), 1_000)).keep();
}

async function s3Store(): Promise<TestStore> {
  const clock = { time: Date.now() };
  const server = await startS3Server({ now: () => clock.time });
  onTestFinished(server.close);
  const { bucket, region, url: endpoint, accessKeyId, secretAccessKey } = server;
  const credentials = { accessKeyId, secretAccessKey };
  const common = { bucket, region, endpoint, credentials, prefix: 'shared/gaia/', uploadLifetimeMs: 86_400_000 };
  const reopen = () => openS3Store({ ...common, now: () => clock.time });
  const namesIn = (prefix: string) =>
    server
      .objects()
      .filter((key) => key.startsWith(`shared/gaia/${prefix}`))
      .map((key) => key.slice(`shared/gaia/${prefix}`.length));
  return {
    store: await reopen(),
    reopen,
    contents: () => ({ partial: [...server.uploads(), ...namesIn('tails/')], whole: namesIn('files/') }),
    breakDown: server.close,
  };
}

describe.each([
  ['disk', diskStore],
  ['s3', s3Store],
] as const)('the %s store', (kind, open) => {
  it('gives back what it received, whole and in parts', async () => {
    const { store, contents } = await open();
    expect(store.kind).toBe(kind);
    const received = await store.receive(KEY, bytes('hello ', 'world'), 11);
    expect(received).toMatchObject({
      size: 11,
      sha256: 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9',
      head: Buffer.from('hello world'),
    });
    await expect(store.open(KEY)).rejects.toMatchObject({ code: 'storage_unavailable' });
    await received.keep();
    await received.discard();
    await expect(text(await store.open(KEY))).resolves.toBe('hello world');
    await expect(text(await store.open(KEY, { start: 4, end: 6 }))).resolves.toBe('o w');
    expect(contents()).toEqual({ partial: [], whole: [KEY] });
    await store.remove(KEY);
    await store.remove(KEY);
    await expect(store.open(KEY)).rejects.toBeInstanceOf(StorageError);
    await put(store, KEY, '');
    await expect(text(await store.open(KEY))).resolves.toBe('');
  });

  it('takes and gives files of many chunks', async () => {
    const { store, contents } = await open();
    const content = pattern(LARGE);
    await (await store.receive(KEY, inPieces(content, 100_000), LARGE)).keep();
    expect(content.equals(await buffer(await store.open(KEY)))).toBe(true);
    const start = CHUNK_BYTES - 5;
    const part = await buffer(await store.open(KEY, { start, end: start + 9 }));
    expect(part).toEqual(content.subarray(start, start + 10));
    expect(contents()).toEqual({ partial: [], whole: [KEY] });
  });

  it('keeps nothing of what is too large, breaks off or is not wanted', async () => {
    const { store, contents } = await open();
    await expect(store.receive(KEY, bytes('hello'), 4)).rejects.toMatchObject({ code: 'file_too_large' });
    const tooLarge = store.receive(KEY, inPieces(pattern(LARGE), 1_000_000), LARGE - 1);
    await expect(tooLarge).rejects.toMatchObject({ code: 'file_too_large' });
    const broken = Readable.from(
      (async function* () {
        yield pattern(CHUNK_BYTES + 1);
        throw new Error('broken off');
      })(),
    );
    await expect(store.receive(KEY, broken, LARGE)).rejects.toThrow('broken off');
    await (await store.receive(KEY, bytes('unwanted'), 100)).discard();
    await (await store.receive(KEY, inPieces(pattern(LARGE), 1_000_000), LARGE)).discard();
    expect(contents()).toEqual({ partial: [], whole: [] });
  });

  it('puts a file in the place of another at once', async () => {
    const { store } = await open();
    await put(store, KEY, 'before');
    const next = await store.receive(KEY, bytes('after'), 10);
    await expect(text(await store.open(KEY))).resolves.toBe('before');
    await next.keep();
    await expect(text(await store.open(KEY))).resolves.toBe('after');
  });

  it('copies a file', async () => {
    const { store, contents } = await open();
    await put(store, KEY, 'content');
    await store.copy(KEY, OTHER);
    await store.remove(KEY);
    await expect(text(await store.open(OTHER))).resolves.toBe('content');
    await expect(store.copy(KEY, OTHER)).rejects.toBeInstanceOf(StorageError);
    expect(contents()).toEqual({ partial: [], whole: [OTHER] });
  });

  describe('in chunks', () => {
    const sizes = [
      ['small ones', [5, 7, 1]],
      ['full ones and a rest', [CHUNK_BYTES, CHUNK_BYTES, 1_000]],
      ['a small one between full ones', [CHUNK_BYTES, 1_000, CHUNK_BYTES, CHUNK_BYTES - 500]],
    ] as const;

    it.each(sizes)('takes %s, and shows nothing before they are complete', async (_name, parts) => {
      const { store, reopen, contents } = await open();
      const content = pattern(parts.reduce((sum, size) => sum + size, 0));
      let received: ReceivedChunks = { size: 0 };
      for (const size of parts) {
        const chunk = content.subarray(received.size, received.size + size);
        // As if the process had been killed after each chunk, and the row of the upload been read again.
        received = await (await reopen()).chunks.append(KEY, JSON.parse(JSON.stringify(received)), chunk);
      }
      expect(received.size).toBe(content.length);
      expect(contents().whole).toEqual([]);
      await store.chunks.complete(KEY, received);
      await store.chunks.complete(KEY, received);
      await store.chunks.abort(KEY, received);
      expect(content.equals(await buffer(await store.open(KEY)))).toBe(true);
      expect(contents()).toEqual({ partial: [], whole: [KEY] });
    });

    it('goes on from what was counted, whatever else a crash has left', async () => {
      const { store } = await open();
      const first = await store.chunks.append(KEY, { size: 0 }, Buffer.from('first '));
      const full = pattern(CHUNK_BYTES);
      await store.chunks.append(KEY, first, Buffer.from('lost with all that follows it'));
      await store.chunks.append(KEY, first, full);
      const second = await store.chunks.append(KEY, first, Buffer.from('second'));
      await store.chunks.complete(KEY, second);
      await expect(text(await store.open(KEY))).resolves.toBe('first second');
    });

    it('can be empty', async () => {
      const { store } = await open();
      await store.chunks.complete(KEY, { size: 0 });
      await expect(text(await store.open(KEY))).resolves.toBe('');
    });

    it('leaves nothing when it is given up', async () => {
      const { store, contents } = await open();
      let received = await store.chunks.append(KEY, { size: 0 }, pattern(CHUNK_BYTES));
      received = await store.chunks.append(KEY, received, Buffer.from('tail'));
      await store.chunks.abort(KEY, received);
      await store.chunks.abort(KEY, received);
      await store.chunks.abort(OTHER, { size: 0 });
      expect(contents()).toEqual({ partial: [], whole: [] });
    });
  });

  it.each(['../../etc/passwd', '', 'x', `${KEY}/..`, KEY.toUpperCase()])(
    'takes no key that is not a UUID: %j',
    async (key) => {
      const { store } = await open();
      await expect(store.open(key)).rejects.toThrow(TypeError);
      await expect(store.remove(key)).rejects.toThrow(TypeError);
      await expect(store.receive(key, bytes(), 1)).rejects.toThrow(TypeError);
      await expect(store.chunks.append(key, { size: 0 }, Buffer.from('x'))).rejects.toThrow(TypeError);
      await expect(store.copy(KEY, key)).rejects.toThrow();
    },
  );

  it('says that it is unavailable', async () => {
    const { store, breakDown } = await open();
    await store.check();
    await breakDown();
    const kept = store.receive(KEY, bytes('x'), 1).then((received) => received.keep());
    await expect(kept).rejects.toMatchObject({ code: 'storage_unavailable' });
    await expect(store.check()).rejects.toMatchObject({ code: 'storage_unavailable' });
  });
});

it.each([
  ['ENOSPC', 'storage_full'],
  ['EIO', 'storage_unavailable'],
])('an error of the system with the code %s is %s', (code, expected) => {
  expect(new StorageError(Object.assign(new Error(), { code })).code).toBe(expected);
});
