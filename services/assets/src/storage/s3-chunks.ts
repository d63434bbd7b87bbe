import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { assertKey, CHUNK_BYTES, type ChunkStore, type ReceivedChunks } from './file-store.ts';
import { type Bucket, guarded, ignoreMissing, isMissing } from './s3-client.ts';
import { addPart, giveUpParts, partsOf, putTogether } from './s3-multipart.ts';

/**
 * Full chunks are parts of a multipart upload. What is too small for one is the tail, an object of its own: what it grows by is added
 * in front of the next chunk. The name of a tail says behind which part it comes, so that a crash between writing and counting
 * spoils nothing that was counted.
 */
export function s3Chunks(bucket: Bucket, nameOf: (key: string) => string): ChunkStore {
  const { sdk, client, at } = bucket;
  const tailName = (key: string, partsBefore: number) => `tails/${key}/${partsBefore}`;

  async function tailOf(key: string, { multipart }: ReceivedChunks): Promise<Buffer> {
    if (multipart === undefined || multipart.tail === 0) return Buffer.alloc(0);
    const Range = `bytes=0-${multipart.tail - 1}`;
    const name = tailName(key, multipart.etags.length);
    const { Body } = await client.send(new sdk.GetObjectCommand({ ...at(name), Range }));
    return buffer(Body as Readable);
  }

  async function removeTails(key: string): Promise<void> {
    const { Bucket, Key } = at(`tails/${key}/`);
    const { Contents = [] } = await client.send(new sdk.ListObjectsV2Command({ Bucket, Prefix: Key }));
    for (const tail of Contents) await client.send(new sdk.DeleteObjectCommand({ Bucket, Key: tail.Key }));
  }

  async function exists(key: string): Promise<boolean> {
    try {
      await client.send(new sdk.HeadObjectCommand(at(nameOf(key))));
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  return {
    append: (key, received, chunk) =>
      guarded(async () => {
        assertKey(key);
        const before = partsOf(received.multipart);
        let parts = before;
        let rest = Buffer.concat([await tailOf(key, received), chunk]);
        for (; rest.length >= CHUNK_BYTES; rest = rest.subarray(CHUNK_BYTES)) {
          parts = await addPart(bucket, nameOf(key), parts, rest.subarray(0, CHUNK_BYTES));
        }
        if (rest.length > 0) {
          const tail = { ...at(tailName(key, parts.etags.length)), Body: rest };
          await client.send(new sdk.PutObjectCommand(tail));
        }
        const multipart = { uploadId: parts.uploadId ?? '', etags: parts.etags, tail: rest.length };
        return { size: received.size + chunk.length, multipart };
      }),
    complete: (key, received) =>
      guarded(async () => {
        assertKey(key);
        try {
          await putTogether(bucket, nameOf(key), partsOf(received.multipart), await tailOf(key, received));
        } catch (error) {
          // Done before, and not counted.
          if (!isMissing(error) || !(await exists(key))) throw error;
        }
        await removeTails(key);
      }),
    abort: (key, received) =>
      guarded(async () => {
        assertKey(key);
        await ignoreMissing(giveUpParts(bucket, nameOf(key), partsOf(received.multipart)));
        await removeTails(key);
      }),
  };
}
