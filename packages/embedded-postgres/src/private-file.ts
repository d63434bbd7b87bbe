import { closeSync, constants, fchownSync, openSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { isRoot } from './server-user.ts';

/**
 * Opens a file of the data directory that nobody else may read. The directory may belong to an ordinary user while this
 * process is root: a symbolic link that he has put there is not followed, and the file becomes his, so that he can start
 * by himself the next time. `flags` are added to O_CREAT, as fs.constants has them.
 */
export function openPrivately(file: string, flags: number): number {
  const descriptor = openSync(file, constants.O_CREAT | constants.O_NOFOLLOW | flags, 0o600);
  if (isRoot()) {
    const { uid, gid } = statSync(dirname(file));
    fchownSync(descriptor, uid, gid);
  }
  return descriptor;
}

/** Writes a whole file in the same way. */
export function writePrivately(file: string, text: string): void {
  const descriptor = openPrivately(file, constants.O_WRONLY | constants.O_TRUNC);
  try {
    writeSync(descriptor, text);
  } finally {
    closeSync(descriptor);
  }
}
