import { closeSync, fchownSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { isRoot } from './server-user.ts';

const LARGEST = 1_000_000;

/** The file that the server writes its messages to. Open from before the server starts until it answers. */
export interface ServerLog {
  readonly descriptor: number;
  /** The end of what the server has written since, at most 2,000 bytes. */
  tail(): string;
  close(): void;
}

/** Appends; one former file is kept when it has grown over a megabyte. */
export function openServerLog(file: string): ServerLog {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > LARGEST) renameSync(file, `${file}.1`);
  const descriptor = openSync(file, 'a+', 0o600);
  // The owner of the directory may start the server himself next time.
  if (isRoot()) fchownSync(descriptor, statSync(dirname(file)).uid, statSync(dirname(file)).gid);
  const start = fstatSync(descriptor).size;
  return {
    descriptor,
    tail: () => {
      const end = fstatSync(descriptor).size;
      const from = Math.max(start, end - 2_000);
      const bytes = Buffer.alloc(end - from);
      readSync(descriptor, bytes, 0, bytes.length, from);
      return bytes.toString('utf8').trim();
    },
    close: () => closeSync(descriptor),
  };
}
