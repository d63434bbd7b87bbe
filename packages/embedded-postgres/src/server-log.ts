import { closeSync, constants, fstatSync, lstatSync, readSync, renameSync } from 'node:fs';
import { openPrivately } from './private-file.ts';

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
  if ((lstatSync(file, { throwIfNoEntry: false })?.size ?? 0) > LARGEST) renameSync(file, `${file}.1`);
  const descriptor = openPrivately(file, constants.O_RDWR | constants.O_APPEND);
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
