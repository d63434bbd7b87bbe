import type { Readable } from 'node:stream';
import { assertKey, CHUNK_BYTES, type FileStore } from './file-store.ts';
import { describeBytes } from './received.ts';
import { s3Chunks } from './s3-chunks.ts';
import { type Bucket, guarded, ignoreMissing, openBucket, type S3Settings } from './s3-client.ts';
import { addPart, giveUpParts, noParts, type Parts, putTogether } from './s3-multipart.ts';
import { LONGEST_UPLOAD_MS } from './temporary-files.ts';

export interface S3StoreOptions extends S3Settings {
  /** How long an upload of several requests can take; multipart uploads that are older are left-overs. */
  readonly uploadLifetimeMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What one CopyObject takes. */
const LARGEST_COPY_BYTES = 5 * 1024 ** 3;
const COPIED_PART_BYTES = 1024 ** 3;

/** A store in a bucket of an S3. Nothing is asked of it before the first use. */
export async function openS3Store(options: S3StoreOptions): Promise<FileStore> {
  const bucket = await openBucket(options);
  const { sdk, client, at } = bucket;
  const nameOf = (key: string) => {
    assertKey(key);
    return `files/${key}`;
  };

  return {
    kind: 's3',
    async receive(key, source, maxBytes) {
      const name = nameOf(key);
      let parts: Parts = noParts;
      let waiting: Buffer[] = [];
      let waitingBytes = 0;
      const discard = () => guarded(() => ignoreMissing(giveUpParts(bucket, name, parts)));
      try {
        const description = await describeBytes(source, maxBytes, async (chunk) => {
          waiting.push(chunk);
          waitingBytes += chunk.length;
          if (waitingBytes < CHUNK_BYTES) return;
          const body = Buffer.concat(waiting, waitingBytes);
          [waiting, waitingBytes] = [[], 0];
          parts = await guarded(() => addPart(bucket, name, parts, body));
        });
        const rest = Buffer.concat(waiting);
        return { ...description, keep: () => guarded(() => putTogether(bucket, name, parts, rest)), discard };
      } catch (error) {
        // Should it fail, the sweep removes them later; what went wrong first is what counts.
        await discard().catch(() => undefined);
        throw error;
      }
    },
    chunks: s3Chunks(bucket, nameOf),
    open: (key, part) =>
      guarded(async () => {
        const Range = part === undefined ? undefined : `bytes=${part.start}-${part.end}`;
        const { Body } = await client.send(new sdk.GetObjectCommand({ ...at(nameOf(key)), Range }));
        return Body as Readable;
      }),
    copy: (from, to) => guarded(() => copyObject(bucket, nameOf(from), nameOf(to))),
    remove: (key) => guarded(async () => void (await client.send(new sdk.DeleteObjectCommand(at(nameOf(key)))))),
    signedUrl: async (key, { seconds, mediaType, disposition }) => {
      const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner');
      const headers = { ResponseContentType: mediaType, ResponseContentDisposition: disposition };
      return getSignedUrl(client, new sdk.GetObjectCommand({ ...at(nameOf(key)), ...headers }), { expiresIn: seconds });
    },
    sweep: () => guarded(() => abortBefore(bucket, options.now() - options.uploadLifetimeMs - LONGEST_UPLOAD_MS)),
    check: () => guarded(async () => void (await client.send(new sdk.HeadBucketCommand({ Bucket: bucket.name })))),
  };
}

async function copyObject(bucket: Bucket, from: string, to: string): Promise<void> {
  const { sdk, client, at, name } = bucket;
  const CopySource = encodeURI(`${name}/${at(from).Key}`);
  const { ContentLength: size = 0 } = await client.send(new sdk.HeadObjectCommand(at(from)));
  if (size <= LARGEST_COPY_BYTES) {
    await client.send(new sdk.CopyObjectCommand({ ...at(to), CopySource }));
    return;
  }
  const { UploadId } = await client.send(new sdk.CreateMultipartUploadCommand(at(to)));
  const etags: string[] = [];
  for (let start = 0; start < size; start += COPIED_PART_BYTES) {
    const range = `bytes=${start}-${Math.min(start + COPIED_PART_BYTES, size) - 1}`;
    const part = { ...at(to), UploadId, PartNumber: etags.length + 1, CopySource, CopySourceRange: range };
    const { CopyPartResult } = await client.send(new sdk.UploadPartCopyCommand(part));
    etags.push(CopyPartResult?.ETag ?? '');
  }
  await putTogether(bucket, to, { uploadId: UploadId, etags }, Buffer.alloc(0));
}

/** Ends multipart uploads that began before a time; gives how many. */
async function abortBefore({ sdk, client, name, prefix }: Bucket, time: number): Promise<number> {
  const { Uploads = [] } = await client.send(new sdk.ListMultipartUploadsCommand({ Bucket: name, Prefix: prefix }));
  const old = Uploads.filter(({ Initiated }) => Initiated !== undefined && Initiated.getTime() < time);
  for (const { Key, UploadId } of old) {
    await ignoreMissing(client.send(new sdk.AbortMultipartUploadCommand({ Bucket: name, Key, UploadId })));
  }
  return old.length;
}
