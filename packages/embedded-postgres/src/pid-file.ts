import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivately } from './private-file.ts';

/** What PostgreSQL writes to postmaster.pid. */
export interface PidFile {
  readonly pid: number;
  /** Seconds since the epoch. */
  readonly startedAt: string;
  readonly ready: boolean;
}

/** Undefined if there is none, or it is not (yet) whole. */
export function readPidFile(directory: string): PidFile | undefined {
  let lines: string[];
  try {
    lines = readFileSync(join(directory, 'postmaster.pid'), 'utf8').split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const [pid = '', , startedAt = ''] = lines;
  if (!/^\d{1,10}$/.test(pid) || !/^\d+$/.test(startedAt)) return undefined;
  return { pid: Number(pid), startedAt, ready: lines[7]?.trim() === 'ready' };
}

/** Whether a process lives that may be the postmaster of the directory. On Linux its working directory tells. */
export function mayBePostmaster(pid: number, directory: string): boolean {
  if (!isAlive(pid)) return false;
  try {
    const theirs = statSync(`/proc/${pid}/cwd`);
    const ours = statSync(directory);
    return theirs.dev === ours.dev && theirs.ino === ours.ino;
  } catch (error) {
    // A zombie process has no working directory.
    return (error as NodeJS.ErrnoException).code !== 'ENOENT' || process.platform !== 'linux';
  }
}

/** A process of another user cannot be a server on a directory of ours. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/**
 * Lets a server start although the process id of a dead one has been given to something else. PostgreSQL takes an id
 * that equals its parent's for stale, and still looks whether a left-over process of the old server uses the shared memory
 * that the rest of the file names: that guard would go with the file.
 */
export function markStale(directory: string): void {
  const file = join(directory, 'postmaster.pid');
  const [, ...rest] = readFileSync(file, 'utf8').split('\n');
  writePrivately(file, [String(process.pid), ...rest].join('\n'));
  rmSync(join(directory, '.s.PGSQL.5432'), { force: true });
  rmSync(join(directory, '.s.PGSQL.5432.lock'), { force: true });
}
