import type { FastifyBaseLogger } from 'fastify';
import type { StoredFile } from '../files/stored-file.ts';
import type { StoreKind } from '../storage/file-store.ts';
import type { Stores } from '../storage/stores.ts';
import type { MovableFiles } from './movable-files.ts';

export interface MoveProgress {
  readonly to: StoreKind;
  readonly isRunning: boolean;
  /** Files that are in another store still, and their bytes. */
  readonly files: number;
  readonly bytes: number;
  /** Since the move began in this process. */
  readonly failed: number;
}

export interface Mover {
  /** Begins to move what is elsewhere, if nothing is being moved there. Throws StorageError for a store that is not configured. */
  begin(to: StoreKind): Promise<MoveProgress>;
  progress(to: StoreKind): Promise<MoveProgress>;
  /** Resolves when the file that is being moved is through. */
  stop(): Promise<void>;
}

export interface MoverDependencies {
  readonly files: MovableFiles;
  readonly stores: Stores;
  readonly log: Pick<FastifyBaseLogger, 'info' | 'warn'>;
}

interface Run {
  readonly to: StoreKind;
  readonly done: Promise<void>;
}

const BATCH = 100;

/**
 * Moves files from one store to another while they are read and written. Which ones are left, the files themselves say: a move
 * that is broken off goes on where it was, in whichever process, and two at once do no harm. The old bytes are unclaimed in
 * the same transaction, and removed by the sweeper an hour later: downloads under way end well.
 */
export function createMover({ files, stores, log }: MoverDependencies): Mover {
  let run: Run | undefined;
  let failed = 0;
  let isStopped = false;

  async function moveAll(to: StoreKind): Promise<void> {
    let after: string | undefined;
    for (;;) {
      const batch = await files.elsewhere(to, after, BATCH);
      for (const file of batch) {
        if (isStopped) return;
        try {
          await moveOne(file, to);
        } catch (error) {
          failed += 1;
          log.warn({ err: error, id: file.id, to }, 'a file could not be moved');
        }
      }
      after = batch.at(-1)?.id;
      if (after === undefined) return;
    }
  }

  async function moveOne(file: StoredFile, to: StoreKind): Promise<void> {
    const target = stores.of(to);
    const source = await stores.of(file.store).open(file.bytesKey);
    const received = await target.receive(file.bytesKey, source, file.size);
    if (received.size !== file.size || received.sha256 !== file.sha256) {
      await received.discard();
      throw new Error('the bytes are not those that were uploaded');
    }
    // Not before: a large file can take longer than the sweeper waits.
    await files.announce({ bytesKey: file.bytesKey, store: to });
    await received.keep();
    await files.moved(file, to);
  }

  async function progress(to: StoreKind): Promise<MoveProgress> {
    return { to, isRunning: run?.to === to, ...(await files.countElsewhere(to)), failed: run?.to === to ? failed : 0 };
  }

  return {
    async begin(to) {
      stores.of(to);
      if (run?.to !== to) {
        await run?.done;
        failed = 0;
        const done = moveAll(to)
          .catch((error: unknown) => log.warn({ err: error, to }, 'files could not be moved'))
          .then(() => log.info({ to, failed }, 'files have been moved'))
          .finally(() => {
            run = undefined;
          });
        run = { to, done };
      }
      return progress(to);
    },
    progress,
    stop: async () => {
      isStopped = true;
      await run?.done;
    },
  };
}
