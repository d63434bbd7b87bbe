import type { Readable } from 'node:stream';

export const storeKinds = ['disk', 's3'] as const;
export type StoreKind = (typeof storeKinds)[number];

/** Bytes under keys, wherever they are. Keys are UUIDs: nothing that a caller says ever becomes a path. */
export interface FileStore {
  readonly kind: StoreKind;
  /**
   * Takes a stream in, up to `maxBytes`, for a key under which nothing is visible before `keep`.
   * Whatever fails leaves nothing behind. Throws FileTooLarge, StorageError, or what the source throws.
   */
  receive(key: string, source: AsyncIterable<Buffer>, maxBytes: number): Promise<ReceivedFile>;
  /** For what comes in several requests. */
  readonly chunks: ChunkStore;
  /** The bytes under a key, or a part of them (`start` to `end`, both included). Throws StorageError. */
  open(key: string, part?: { readonly start: number; readonly end: number }): Promise<Readable>;
  /** Puts the bytes of a key under another one as well, at once and whole. Throws StorageError. */
  copy(from: string, to: string): Promise<void>;
  /** Removes what is under a key, if anything is. */
  remove(key: string): Promise<void>;
  /** An address at which the store itself gives the bytes, for a short time; not every store can. */
  signedUrl?(key: string, response: SignedResponse): Promise<string>;
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
  /** Puts the bytes under their key, at once and whole, and safe from a power cut. */
  keep(): Promise<void>;
  /** Forgets them; harmless after keep. */
  discard(): Promise<void>;
}

/** How long a signed address works, and what its answer says of the bytes. */
export interface SignedResponse {
  readonly seconds: number;
  readonly mediaType: string;
  readonly disposition: string;
}

/** Bytes that come chunk by chunk, under no key before they are complete; what a crash leaves is removed with `abort`. */
export interface ChunkStore {
  /** Adds to what is there, and resolves when it is safe from a power cut. Of a size other than what was added before, the rest is lost. */
  append(key: string, received: ReceivedChunks, chunk: Buffer): Promise<ReceivedChunks>;
  /** Puts them under the key. Harmless when that was done before. */
  complete(key: string, received: ReceivedChunks): Promise<void>;
  /** Forgets them; harmless after complete. */
  abort(key: string, received: ReceivedChunks): Promise<void>;
}

/** What a store must be told of chunks that it has already; small enough for a row of a table. */
export interface ReceivedChunks {
  readonly size: number;
  readonly multipart?: MultipartUpload;
}

/** Of S3: an upload under way, the tags of its parts, and what was too small to be one. */
export interface MultipartUpload {
  readonly uploadId: string;
  readonly etags: readonly string[];
  /** Bytes. */
  readonly tail: number;
}

/** Chunks of this size are held in memory, one for each upload under way; S3 takes 10,000 of them. */
export const CHUNK_BYTES = 8 * 1024 * 1024;

export const HEAD_BYTES = 64 * 1024;

export class FileTooLarge extends Error {
  readonly code = 'file_too_large';
  constructor() {
    super('the file is larger than is taken');
    this.name = 'FileTooLarge';
  }
}

/** What is asked for is not there. */
const MISSING = new Set(['ENOENT', 'NoSuchKey', 'NotFound']);

/** Codes of file systems, and names of errors of S3s. */
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'QuotaExceeded', 'XMinioStorageFull', 'InsufficientCapacity']);

/** The store does not take or give bytes: `storage_full` there is no room, `storage_unavailable` anything else. */
export class StorageError extends Error {
  readonly code: 'storage_full' | 'storage_unavailable';
  /** Whether the store answers, and has nothing under the key. */
  readonly isMissing: boolean;
  constructor(cause: unknown) {
    super('the file store failed', { cause });
    this.name = 'StorageError';
    const { code, name } = cause as { code?: unknown; name?: unknown };
    this.isMissing = MISSING.has(String(code ?? name));
    this.code = FULL.has(String(code ?? name)) ? 'storage_full' : 'storage_unavailable';
  }
}

const KEY = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Throws TypeError. */
export function assertKey(key: string): void {
  if (!KEY.test(key)) throw new TypeError('a key is a UUID');
}
