import { createHash, type Hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/**
 * Digests of uploads under way, of bytes that this process has stored one after the other from the first on. The state of a digest
 * cannot be kept elsewhere: where another process has taken a part, the whole is read once more in the end.
 */
export interface RunningDigests {
  /** A chunk was stored behind so many bytes. */
  add(uploadId: string, offset: number, chunk: Buffer): void;
  /** Hexadecimal; undefined where not all of so many bytes came by here. */
  of(uploadId: string, size: number): string | undefined;
}

const MAX_UPLOADS = 1_000;

export function createRunningDigests(): RunningDigests {
  const digests = new LRUCache<string, { readonly hash: Hash; readonly size: number }>({ max: MAX_UPLOADS });
  return {
    add(uploadId, offset, chunk) {
      const known = offset === 0 ? { hash: createHash('sha256'), size: 0 } : digests.get(uploadId);
      if (known?.size !== offset) return void digests.delete(uploadId);
      digests.set(uploadId, { hash: known.hash.update(chunk), size: offset + chunk.length });
    },
    of(uploadId, size) {
      const known = digests.get(uploadId);
      return known?.size === size ? known.hash.copy().digest('hex') : undefined;
    },
  };
}
