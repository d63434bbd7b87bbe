import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { type FileStore, FileTooLarge, HEAD_BYTES, type ReceivedFile, StorageError } from './file-store.ts';
import { sweepTemporaryFiles, temporaryName } from './temporary-files.ts';

const KEY = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A store in a directory of the local disk, which is made if it is missing. Throws StorageError. */
export async function openDiskStore(directory: string): Promise<FileStore> {
  const temporary = join(directory, 'incoming');
  const stored = join(directory, 'files');
  await guarded(async () => {
    await mkdir(temporary, { recursive: true, mode: 0o700 });
    await mkdir(stored, { recursive: true, mode: 0o700 });
  });

  /** Two levels, so that no directory becomes so large that it slows down. */
  function pathOf(key: string): string {
    if (!KEY.test(key)) throw new TypeError('a key is a UUID');
    return join(stored, key.slice(0, 2), key.slice(2, 4), key);
  }

  function received(path: string, taken: Taken): ReceivedFile {
    return {
      ...taken,
      keep: (key) =>
        guarded(async () => {
          const target = pathOf(key);
          await mkdir(dirname(target), { recursive: true, mode: 0o700 });
          await rename(path, target);
          await syncDirectory(dirname(target));
        }),
      discard: () => rm(path, { force: true }),
    };
  }

  return {
    async receive(source, maxBytes) {
      const path = join(temporary, temporaryName(randomUUID()));
      const file = await guarded(() => open(path, 'wx', 0o600));
      try {
        const taken = await take(source, file, maxBytes);
        await guarded(() => file.sync());
        return received(path, taken);
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      } finally {
        await file.close();
      }
    },
    async open(key, part) {
      const file = await guarded(() => open(pathOf(key), constants.O_RDONLY));
      return file.createReadStream({ ...part, highWaterMark: 256 * 1024 }) as Readable;
    },
    remove: (key) => guarded(() => rm(pathOf(key), { force: true })),
    sweep: () => guarded(() => sweepTemporaryFiles(temporary, Date.now())),
    check: () => guarded(() => access(temporary, constants.W_OK)),
  };
}

interface Taken {
  readonly size: number;
  readonly sha256: string;
  readonly head: Buffer;
}

async function take(source: AsyncIterable<Buffer>, file: FileHandle, maxBytes: number): Promise<Taken> {
  const hash = createHash('sha256');
  const head: Buffer[] = [];
  let headBytes = 0;
  let size = 0;
  for await (const chunk of source) {
    if (headBytes < HEAD_BYTES) {
      head.push(chunk.subarray(0, HEAD_BYTES - headBytes));
      headBytes += chunk.length;
    }
    size += chunk.length;
    if (size > maxBytes) throw new FileTooLarge();
    hash.update(chunk);
    await guarded(() => file.writeFile(chunk));
  }
  return { size, sha256: hash.digest('hex'), head: Buffer.concat(head) };
}

/** A rename is only safe from a power cut once the directory is. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof TypeError ? error : new StorageError(error);
  }
}
