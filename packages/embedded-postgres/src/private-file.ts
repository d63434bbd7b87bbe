import { closeSync, constants, fchownSync, openSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { isRoot } from './server-user.ts';

/**
 * Opens a file of the data directory with mode 0600. The directory may belong to an ordinary user while this
 * process is root: symbolic links of that user are not followed, and the file gets that user as its owner, so that they can start
 * the suite themselves later. `flags` are added to O_CREAT, as fs.constants has them.
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
