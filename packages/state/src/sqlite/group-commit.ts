import type { StateLog } from '../log.ts';
import type { Entry, Storage } from '../memory/storage.ts';
import { StateUnavailable } from '../state.ts';
import type { Change } from './state-file.ts';
import type { Writer } from './writer.ts';

/** Changes that go to the disk together. */
interface Batch {
  /** By map and key: what changes twice is written once. */
  readonly changes: Map<string, Change>;
  readonly undo: (() => void)[];
  readonly stored: PromiseWithResolvers<void>;
  /** Set when a caller waits for it. */
  deadline?: NodeJS.Timeout;
}

export interface GroupCommit extends Pick<Storage, 'settled'> {
  /** Takes what a key holds from now on. With `undo` it is an awaited change. */
  add(map: string, key: string, entry: Entry<unknown> | undefined, undo: (() => void) | undefined): void;
  /** The last attempt to write was in vain. */
  isFailing(): boolean;
  /** Writes what is left. */
  close(): Promise<void>;
}

const WRITE_BEHIND_MS = 1_000;

/**
 * Group commit: while one transaction is on its way to the disk, changes gather for the next. One that fails undoes its
 * changes in memory and those that have gathered on top of them, so that memory never holds what the disk has refused.
 */
export function createGroupCommit(options: {
  readonly writer: Pick<Writer, 'write'>;
  readonly log: StateLog;
  /** Longest wait for the disk; a change that is still under way then may yet be stored. */
  readonly timeoutMs: number;
}): GroupCommit {
  const { writer, log, timeoutMs } = options;
  let gathering = newBatch();
  let writing: Batch | undefined;
  let running: Promise<void> | undefined;
  let writeBehind: NodeJS.Timeout | undefined;
  let failing = false;

  async function writeAll(): Promise<void> {
    while (gathering.changes.size > 0) {
      clearTimeout(writeBehind);
      writeBehind = undefined;
      writing = gathering;
      gathering = newBatch();
      try {
        await writer.write([...writing.changes.values()]);
        settle(writing, (stored) => stored.resolve());
        if (failing) log.info({}, 'state can be written again');
        failing = false;
      } catch (error) {
        undo(error, [writing, gathering]);
        gathering = newBatch();
      }
      writing = undefined;
    }
    running = undefined;
  }

  function undo(cause: unknown, batches: readonly Batch[]): void {
    for (const one of batches.flatMap((batch) => batch.undo).reverse()) one();
    for (const batch of batches) settle(batch, (stored) => stored.reject(new StateUnavailable({ cause })));
    const reason = cause instanceof Error ? cause.message.slice(0, 200) : 'unknown';
    if (!failing) log.warn({ reason }, 'state cannot be written; what would change it is refused');
    failing = true;
  }

  async function flush(): Promise<void> {
    if (running === undefined && gathering.changes.size > 0) running = writeAll();
    await running;
  }

  function wait(batch: Batch): Promise<void> {
    batch.deadline ??= setTimeout(() => {
      batch.stored.reject(new StateUnavailable({ cause: new Error('the disk does not answer in time') }));
    }, timeoutMs);
    return batch.stored.promise;
  }

  return {
    add(map, key, entry, undoOne) {
      gathering.changes.set(`${map} ${key}`, { map, key, entry });
      if (undoOne !== undefined) gathering.undo.push(undoOne);
      writeBehind ??= setTimeout(() => void flush(), WRITE_BEHIND_MS).unref();
    },
    async settled() {
      const last = gathering.undo.length > 0 ? gathering : writing;
      if (last === undefined || last.undo.length === 0) return;
      void flush();
      await wait(last);
    },
    isFailing: () => failing,
    close: flush,
  };
}

function newBatch(): Batch {
  const stored = Promise.withResolvers<void>();
  // Not everybody whose changes fail is waiting.
  stored.promise.catch(() => {});
  return { changes: new Map(), undo: [], stored };
}

function settle({ deadline, stored }: Batch, how: (stored: PromiseWithResolvers<void>) => void): void {
  clearTimeout(deadline);
  how(stored);
}
