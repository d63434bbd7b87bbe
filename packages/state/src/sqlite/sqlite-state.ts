import { type StateLog, silentLog } from '../log.ts';
import { createMemoryState } from '../memory/memory-state.ts';
import type { Entry, Storage } from '../memory/storage.ts';
import { type State, StateUnavailable } from '../state.ts';
import { createGroupCommit } from './group-commit.ts';
import { openStateFile } from './state-file.ts';
import { openWriterThread, type Writer } from './writer.ts';

export interface SqliteStateOptions {
  /** Made if it is not there; for this process alone. */
  readonly file: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log?: StateLog;
  /** Milliseconds after which an operation that waits for the disk rejects with StateUnavailable; 5,000 unless given. */
  readonly timeoutMs?: number;
  /** Opens what writes to the file; a thread unless given. */
  readonly openWriter?: (file: string) => Promise<Writer>;
}

/**
 * State of one process that outlives it: memory answers, and what an answer rests on is in an SQLite file before it is
 * given. Only counters are written up to a second later. Rejects with an Error for the operator if the file cannot be used.
 */
export async function openSqliteState(options: SqliteStateOptions): Promise<State> {
  const { file, now, log = silentLog, timeoutMs = 5_000 } = options;
  const { stored, writer } = await open(file, now(), options.openWriter ?? openWriterThread);
  const commits = createGroupCommit({ writer, log, timeoutMs });
  const storage: Storage = {
    map: <V>(name: string, changes: 'awaited' | 'write-behind') => ({
      entries: () => (stored.get(name) ?? []) as Iterable<[string, Entry<V>]>,
      changed(key: string, entry: Entry<V> | undefined, undo: () => void) {
        commits.add(name, key, entry, changes === 'awaited' ? undo : undefined);
      },
    }),
    settled: commits.settled,
  };
  const memory = createMemoryState({ now, log, storage });
  stored.clear();

  async function closeAll(): Promise<void> {
    await memory.close();
    await commits.close();
    await writer.close();
  }

  let closing: Promise<void> | undefined;
  return {
    ...memory,
    kind: 'sqlite',
    async ping() {
      if (commits.isFailing()) throw new StateUnavailable();
    },
    close() {
      closing ??= closeAll();
      return closing;
    },
  };
}

type Stored = Map<string, [string, Entry<unknown>][]>;

async function open(
  file: string,
  now: number,
  openWriter: (file: string) => Promise<Writer>,
): Promise<{ stored: Stored; writer: Writer }> {
  try {
    return { stored: read(file, now), writer: await openWriter(file) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const remedy = 'Move it away to begin anew; everybody then has to sign in again.';
    throw new Error(`${file} cannot be used: ${reason}. ${remedy}`, { cause: error });
  }
}

/** What is stored by map, without what has ended. */
function read(file: string, now: number): Stored {
  const stateFile = openStateFile(file);
  try {
    stateFile.purge(now);
    const stored: Stored = new Map();
    for (const { map, key, entry } of stateFile.read()) {
      const entries = stored.get(map) ?? [];
      stored.set(map, entries);
      entries.push([key, entry]);
    }
    return stored;
  } finally {
    stateFile.close();
  }
}
