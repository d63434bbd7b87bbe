import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, copyFile, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { diskChunks } from './disk-chunks.ts';
import { syncDirectory, syncFile } from './disk-sync.ts';
import { assertKey, type FileStore, type ReceivedFile, StorageError } from './file-store.ts';
import { type Description, describeBytes } from './received.ts';
import { sweepTemporaryFiles, temporaryName } from './temporary-files.ts';

/** A store in a directory of the local disk, which is made if it is missing. Throws StorageError. */
export async function openDiskStore(directory: string): Promise<FileStore> {
  const temporary = join(directory, 'incoming');
  const uploads = join(directory, 'uploads');
  const stored = join(directory, 'files');
  await guarded(async () => {
    for (const path of [temporary, uploads, stored]) await mkdir(path, { recursive: true, mode: 0o700 });
  });

  /** Two levels, so that no directory becomes so large that it slows down. */
  function pathOf(key: string): string {
    assertKey(key);
    return join(stored, key.slice(0, 2), key.slice(2, 4), key);
  }

  async function moveTo(key: string, path: string): Promise<void> {
    const target = pathOf(key);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await rename(path, target);
    await syncDirectory(dirname(target));
  }

  function received(key: string, path: string, description: Description): ReceivedFile {
    return {
      ...description,
      keep: () => guarded(() => moveTo(key, path)),
      discard: () => rm(path, { force: true }),
    };
  }

  const newTemporaryPath = () => join(temporary, temporaryName(randomUUID()));

  return {
    kind: 'disk',
    async receive(key, source, maxBytes) {
      assertKey(key);
      const path = newTemporaryPath();
      const file = await guarded(() => open(path, 'wx', 0o600));
      try {
        const description = await describeBytes(source, maxBytes, (chunk) => guarded(() => file.writeFile(chunk)));
        await guarded(() => file.sync());
        return received(key, path, description);
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      } finally {
        await file.close();
      }
    },
    chunks: diskChunks({ directory: uploads, pathOf, moveTo, guarded }),
    async open(key, part) {
      const file = await guarded(() => open(pathOf(key), constants.O_RDONLY));
      return file.createReadStream({ ...part, highWaterMark: 256 * 1024 }) as Readable;
    },
    async copy(from, to) {
      const path = newTemporaryPath();
      try {
        // Where the file system can, the two share their blocks.
        await guarded(async () => {
          await copyFile(pathOf(from), path, constants.COPYFILE_FICLONE);
          await syncFile(path);
          await moveTo(to, path);
        });
      } finally {
        await rm(path, { force: true });
      }
    },
    remove: (key) => guarded(() => rm(pathOf(key), { force: true })),
    sweep: () => guarded(() => sweepTemporaryFiles(temporary, Date.now())),
    check: () => guarded(() => access(temporary, constants.W_OK)),
  };
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof TypeError || error instanceof StorageError ? error : new StorageError(error);
  }
}
