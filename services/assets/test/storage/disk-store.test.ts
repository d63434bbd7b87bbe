import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDiskStore } from '../../src/storage/disk-store.ts';
import { StorageError } from '../../src/storage/file-store.ts';
import { temporaryName } from '../../src/storage/temporary-files.ts';

const KEY = '0198c2de-1234-4000-8000-000000000001';

async function setUp() {
  const directory = mkdtempSync(join(tmpdir(), 'gaia-store-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return { directory, store: await openDiskStore(directory), incoming: () => readdirSync(join(directory, 'incoming')) };
}

const bytes = (...chunks: string[]) => Readable.from(chunks.map((chunk) => Buffer.from(chunk)));

describe('a file store', () => {
  it('gives back what it received, whole and in parts', async () => {
    const { store, incoming } = await setUp();
    const received = await store.receive(bytes('hello ', 'world'), 11);
    expect(received).toMatchObject({
      size: 11,
      sha256: 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9',
      head: Buffer.from('hello world'),
    });
    await expect(store.open(KEY)).rejects.toMatchObject({ code: 'storage_unavailable' });
    await received.keep(KEY);
    await received.discard();
    await expect(text(await store.open(KEY))).resolves.toBe('hello world');
    await expect(text(await store.open(KEY, { start: 4, end: 6 }))).resolves.toBe('o w');
    expect(incoming()).toEqual([]);
    await store.remove(KEY);
    await store.remove(KEY);
    await expect(store.open(KEY)).rejects.toBeInstanceOf(StorageError);
  });

  it('keeps nothing of what is too large, breaks off or is not wanted', async () => {
    const { store, incoming } = await setUp();
    await expect(store.receive(bytes('hello'), 4)).rejects.toMatchObject({ code: 'file_too_large' });
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from('half');
        throw new Error('broken off');
      })(),
    );
    await expect(store.receive(broken, 100)).rejects.toThrow('broken off');
    await (await store.receive(bytes('unwanted'), 100)).discard();
    expect(incoming()).toEqual([]);
  });

  it.each(['../../etc/passwd', '', 'x', `${KEY}/..`, KEY.toUpperCase()])(
    'takes no key that is not a UUID: %j',
    async (key) => {
      const { store } = await setUp();
      await expect(store.open(key)).rejects.toThrow(TypeError);
      await expect(store.remove(key)).rejects.toThrow(TypeError);
    },
  );

  it('says that it is full or away', async () => {
    expect(new StorageError(Object.assign(new Error(), { code: 'ENOSPC' })).code).toBe('storage_full');
    expect(new StorageError(Object.assign(new Error(), { code: 'EIO' })).code).toBe('storage_unavailable');
    const { directory, store } = await setUp();
    rmSync(directory, { recursive: true });
    await expect(store.receive(bytes('x'), 1)).rejects.toMatchObject({ code: 'storage_unavailable' });
    await expect(store.check()).rejects.toMatchObject({ code: 'storage_unavailable' });
  });
});

it('sweeps what dead processes have left and nothing else', async () => {
  const { directory, store, incoming } = await setUp();
  const put = (name: string, ageSeconds: number) => {
    mkdirSync(join(directory, 'incoming'), { recursive: true });
    const path = join(directory, 'incoming', name);
    writeFileSync(path, 'half');
    const time = Date.now() / 1_000 - ageSeconds;
    utimesSync(path, time, time);
    return name;
  };
  const NO_PROCESS = 2 ** 30;
  put(temporaryName('dead', hostname(), NO_PROCESS), 1);
  put(temporaryName('before-us', hostname(), process.pid), process.uptime() + 60);
  put(temporaryName('old', 'another host', 1), 7 * 3_600);
  const kept = [
    put(temporaryName('ours'), 0),
    put(temporaryName('living', hostname(), process.ppid), 1),
    put(temporaryName('elsewhere', 'another host', 1), 60),
  ];
  await expect(store.sweep()).resolves.toBe(3);
  expect(incoming().sort()).toEqual(kept.sort());
});
