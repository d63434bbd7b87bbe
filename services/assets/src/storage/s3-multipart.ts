import type { MultipartUpload } from './file-store.ts';
import type { Bucket } from './s3-client.ts';

/** The parts of an object that have been uploaded; it is not visible before all are put together. */
export interface Parts {
  readonly uploadId: string | undefined;
  readonly etags: readonly string[];
}

export const noParts: Parts = Object.freeze({ uploadId: undefined, etags: [] });

export function partsOf(multipart: MultipartUpload | undefined): Parts {
  return multipart === undefined ? noParts : { uploadId: multipart.uploadId || undefined, etags: multipart.etags };
}

export async function addPart({ sdk, client, at }: Bucket, name: string, parts: Parts, body: Buffer): Promise<Parts> {
  const uploadId = parts.uploadId ?? (await client.send(new sdk.CreateMultipartUploadCommand(at(name)))).UploadId ?? '';
  const part = { ...at(name), UploadId: uploadId, PartNumber: parts.etags.length + 1, Body: body };
  const { ETag } = await client.send(new sdk.UploadPartCommand(part));
  return { uploadId, etags: [...parts.etags, ETag ?? ''] };
}

/** Makes the object of its parts and the rest, which can be empty. */
export async function putTogether(bucket: Bucket, name: string, parts: Parts, rest: Buffer): Promise<void> {
  const { sdk, client, at } = bucket;
  if (parts.uploadId === undefined) {
    await client.send(new sdk.PutObjectCommand({ ...at(name), Body: rest }));
    return;
  }
  const { uploadId, etags } = rest.length === 0 ? parts : await addPart(bucket, name, parts, rest);
  const Parts = etags.map((ETag, index) => ({ ETag, PartNumber: index + 1 }));
  const whole = { ...at(name), UploadId: uploadId, MultipartUpload: { Parts } };
  await client.send(new sdk.CompleteMultipartUploadCommand(whole));
}

export async function giveUpParts({ sdk, client, at }: Bucket, name: string, { uploadId }: Parts): Promise<void> {
  if (uploadId === undefined) return;
  await client.send(new sdk.AbortMultipartUploadCommand({ ...at(name), UploadId: uploadId }));
}
