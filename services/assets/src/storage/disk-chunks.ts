import { constants, existsSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from './disk-sync.ts';
import { assertKey, type ChunkStore } from './file-store.ts';

export interface DiskChunksOptions {
  readonly directory: string;
  readonly pathOf: (key: string) => string;
  /** Makes a file the one of a key. */
  readonly moveTo: (key: string, path: string) => Promise<void>;
  readonly guarded: <T>(work: () => Promise<T>) => Promise<T>;
}

/** One file for each upload, which survives the process: an upload goes on after a restart. */
export function diskChunks({ directory, pathOf, moveTo, guarded }: DiskChunksOptions): ChunkStore {
  function partialPathOf(key: string): string {
    assertKey(key);
    return join(directory, key);
  }

  return {
    append: (key, { size }, chunk) =>
      guarded(async () => {
        const file = await open(partialPathOf(key), constants.O_WRONLY | constants.O_CREAT, 0o600);
        try {
          for (let written = 0; written < chunk.length; ) {
            const rest = chunk.length - written;
            written += (await file.write(chunk, written, rest, size + written)).bytesWritten;
          }
          await file.datasync();
          if (size === 0) await syncDirectory(directory);
        } finally {
          await file.close();
        }
        return { size: size + chunk.length };
      }),
    complete: (key, { size }) =>
      guarded(async () => {
        const path = partialPathOf(key);
        if (!existsSync(path) && existsSync(pathOf(key))) return;
        const file = await open(path, constants.O_WRONLY | constants.O_CREAT, 0o600);
        try {
          // A crash can have left more than was counted.
          await file.truncate(size);
          await file.sync();
        } finally {
          await file.close();
        }
        await moveTo(key, path);
      }),
    abort: (key) => guarded(() => rm(partialPathOf(key), { force: true })),
  };
}
