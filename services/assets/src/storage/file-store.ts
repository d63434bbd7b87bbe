import type { Readable } from 'node:stream';

/** Bytes under keys, wherever they are. Keys are UUIDs: nothing that a caller says ever becomes a path. */
export interface FileStore {
  /**
   * Takes a stream in, up to `maxBytes`, and resolves when the bytes are safe from a power cut. They are under no key yet.
   * Whatever fails leaves nothing behind. Throws FileTooLarge, StorageError, or what the source throws.
   */
  receive(source: AsyncIterable<Buffer>, maxBytes: number): Promise<ReceivedFile>;
  /** The bytes under a key, or a part of them (`start` to `end`, both included). Throws StorageError. */
  open(key: string, part?: { readonly start: number; readonly end: number }): Promise<Readable>;
  /** Removes what is under a key, if anything is. */
  remove(key: string): Promise<void>;
  /** Removes what receptions that were cut off by a crash have left; gives how many. */
  sweep(): Promise<number>;
  /** Resolves if the store can be written to. Throws StorageError. */
  check(): Promise<void>;
}

export interface ReceivedFile {
  readonly size: number;
  /** Hexadecimal. */
  readonly sha256: string;
  /** The first bytes, at most HEAD_BYTES. */
  readonly head: Buffer;
  /** Puts the bytes under a key, at once and whole. */
  keep(key: string): Promise<void>;
  /** Forgets them; harmless after keep. */
  discard(): Promise<void>;
}

export const HEAD_BYTES = 64 * 1024;

export class FileTooLarge extends Error {
  readonly code = 'file_too_large';
  constructor() {
    super('the file is larger than is taken');
    this.name = 'FileTooLarge';
  }
}

/** The store does not take or give bytes: `storage_full` there is no room, `storage_unavailable` anything else. */
export class StorageError extends Error {
  readonly code: 'storage_full' | 'storage_unavailable';
  constructor(cause: unknown) {
    super('the file store failed', { cause });
    this.name = 'StorageError';
    const { code } = cause as { code?: unknown };
    this.code = ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(String(code)) ? 'storage_full' : 'storage_unavailable';
  }
}
