import { closeSync, constants, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Entry } from '../memory/storage.ts';

/** What a key of a map holds from now on; nothing if undefined. */
export interface Change {
  readonly map: string;
  readonly key: string;
  readonly entry: Entry<unknown> | undefined;
}

export interface Row {
  readonly map: string;
  readonly key: string;
  readonly entry: Entry<unknown>;
}

export interface StateFile {
  read(): Generator<Row>;
  /** All of the changes or none, on the disk when it returns. Throws an error of SQLite. */
  write(changes: readonly Change[]): void;
  /** Takes away what ended before. */
  purge(now: number): void;
  close(): void;
}

const VERSION = 1;

/**
 * One table in an SQLite file, readable by the owner alone. A transaction is on the disk when it is committed, and one that
 * a crash interrupted is not there at all. Throws for a file that is not of this kind, or of a later version.
 */
export function openStateFile(file: string): StateFile {
  // SQLite's own files beside it get the same mode. Symbolic links are not followed.
  closeSync(openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600));
  const database = new DatabaseSync(file);
  try {
    database.exec(`
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA journal_mode = WAL;
      PRAGMA journal_size_limit = 8388608;
      PRAGMA synchronous = FULL;
      PRAGMA fullfsync = ON;
      PRAGMA trusted_schema = OFF`);
    const version = database.prepare('PRAGMA user_version').get()?.user_version;
    if (version !== 0 && version !== VERSION) throw new Error('it was made by a later version');
    database.exec(`
      CREATE TABLE IF NOT EXISTS state (
        map TEXT NOT NULL,
        key TEXT NOT NULL,
        value TEXT NOT NULL,
        ends_at INTEGER NOT NULL,
        PRIMARY KEY (map, key)
      ) STRICT;
      PRAGMA user_version = ${VERSION}`);
    return stateFile(database);
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Keys and values are JSON: it tells lone surrogates apart, which UTF-8 does not. */
function stateFile(database: DatabaseSync): StateFile {
  const read = database.prepare('SELECT map, key, value, ends_at FROM state');
  const put = database.prepare(`
    INSERT INTO state (map, key, value, ends_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (map, key) DO UPDATE SET value = excluded.value, ends_at = excluded.ends_at`);
  const remove = database.prepare('DELETE FROM state WHERE map = ? AND key = ?');
  const purge = database.prepare('DELETE FROM state WHERE ends_at <= ?');
  return {
    *read() {
      for (const { map, key, value, ends_at } of read.iterate()) {
        const entry = { value: JSON.parse(String(value)), endsAt: Number(ends_at) };
        yield { map: String(map), key: JSON.parse(String(key)), entry };
      }
    },
    write(changes) {
      try {
        database.exec('BEGIN IMMEDIATE');
        for (const { map, key, entry } of changes) {
          if (entry === undefined) remove.run(map, JSON.stringify(key));
          else put.run(map, JSON.stringify(key), JSON.stringify(entry.value), entry.endsAt);
        }
        database.exec('COMMIT');
      } catch (error) {
        if (database.isTransaction) database.exec('ROLLBACK');
        throw error;
      }
    },
    purge: (now) => void purge.run(now),
    close: () => database.close(),
  };
}
