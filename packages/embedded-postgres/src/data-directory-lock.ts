import { closeSync, constants, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import { openPrivately, writePrivately } from './private-file.ts';

const SQLITE_BUSY = 5;

/** References keep the locks from garbage collection. */
const held = new Set<DatabaseSync>();

/**
 * Takes a directory for this process alone, creating it (mode 0700) if it is missing; gives the function that frees it.
 *
 * The lock is a POSIX record lock, taken by SQLite: the kernel drops it with the process, `kill -9` included, so it can
 * neither be left behind nor be fooled by a reused process id, and containers that share a volume see each other's.
 * The lock file stays: to remove it would let two owners hold two different files of one name.
 *
 * Throws EmbeddedPostgresError `data_dir_in_use` or `data_dir_unusable`.
 */
export function lockDataDirectory(directory: string, name = 'gaia'): () => void {
  const lockFile = join(directory, `${name}.lock`);
  const ownerFile = join(directory, `${name}.owner`);
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    createLockFile(lockFile);
    database = new DatabaseSync(lockFile, { timeout: 0 });
    // Without this a journal file would be made beside the lock.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    if (database?.isOpen) database.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) {
      throw new EmbeddedPostgresError(
        'data_dir_in_use',
        `${directory} is in use by another process${ownerOf(ownerFile)}; stop that one first, or choose another directory`,
      );
    }
    throw unusable(directory, error);
  }
  const lock = database;
  try {
    writePrivately(ownerFile, `${JSON.stringify({ pid: process.pid, since: new Date().toISOString() })}\n`);
  } catch (error) {
    lock.close();
    throw unusable(directory, error);
  }
  held.add(lock);
  return () => {
    if (held.delete(lock)) lock.close();
  };
}

/** Closing any descriptor of a locked file drops the locks of the process: an existing one is not opened. */
function createLockFile(file: string): void {
  try {
    closeSync(openPrivately(file, constants.O_WRONLY | constants.O_EXCL));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function ownerOf(ownerFile: string): string {
  try {
    const owner = JSON.parse(readFileSync(ownerFile, 'utf8')) as { pid?: unknown; since?: unknown };
    if (typeof owner.pid === 'number' && typeof owner.since === 'string') {
      return ` (process ${owner.pid}, since ${owner.since})`;
    }
  } catch {}
  return '';
}

function unusable(directory: string, cause: unknown): EmbeddedPostgresError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new EmbeddedPostgresError('data_dir_unusable', `${directory} cannot be used: ${reason}`, { cause });
}
