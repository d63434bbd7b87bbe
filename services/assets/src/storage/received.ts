import { createHash } from 'node:crypto';
import { FileTooLarge, HEAD_BYTES } from './file-store.ts';

export interface Description {
  readonly size: number;
  /** Hexadecimal. */
  readonly sha256: string;
  /** The first bytes, at most HEAD_BYTES. */
  readonly head: Buffer;
}

/** Hands the chunks of a source to `sink`, one after the other, and describes them. Throws FileTooLarge. */
export async function describeBytes(
  source: AsyncIterable<Buffer>,
  maxBytes: number,
  sink: (chunk: Buffer) => Promise<void> | void = () => undefined,
): Promise<Description> {
  const hash = createHash('sha256');
  const head: Buffer[] = [];
  let headBytes = 0;
  let size = 0;
  for await (const chunk of source) {
    if (headBytes < HEAD_BYTES) {
      head.push(Buffer.from(chunk.subarray(0, HEAD_BYTES - headBytes)));
      headBytes += chunk.length;
    }
    size += chunk.length;
    if (size > maxBytes) throw new FileTooLarge();
    hash.update(chunk);
    await sink(chunk);
  }
  return { size, sha256: hash.digest('hex'), head: Buffer.concat(head) };
}
