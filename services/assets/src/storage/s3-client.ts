import type { S3Client } from '@aws-sdk/client-s3';
import { StorageError } from './file-store.ts';

/** The SDK's module: it is large, so it is loaded where S3 is configured only. */
export type S3Sdk = typeof import('@aws-sdk/client-s3');

export interface S3Settings {
  readonly bucket: string;
  readonly region: string;
  /** For everything that is not AWS; addressed by path. */
  readonly endpoint: string | undefined;
  /** Undefined: what the SDK finds, such as the role of the machine. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
  /** In front of all keys: several installations can share a bucket. */
  readonly prefix: string;
}

/** A bucket, and the SDK to speak with it. */
export interface Bucket {
  readonly sdk: S3Sdk;
  readonly client: S3Client;
  /** Bucket and key of an object, as commands take them. */
  at(name: string): { readonly Bucket: string; readonly Key: string };
  readonly name: string;
  readonly prefix: string;
}

export async function openBucket({ bucket, prefix, endpoint, region, credentials }: S3Settings): Promise<Bucket> {
  const sdk = await import('@aws-sdk/client-s3');
  const client = new sdk.S3Client({
    region,
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    ...(credentials !== undefined && { credentials }),
    // Not every S3 knows the newer checksums; what is signed is digested anyway.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 60_000, socketTimeout: 60_000 },
  });
  return { sdk, client, name: bucket, prefix, at: (name) => ({ Bucket: bucket, Key: `${prefix}${name}` }) };
}

/** Throws StorageError for whatever the SDK throws. */
export async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof TypeError || error instanceof StorageError ? error : new StorageError(error);
  }
}

/** Whether the SDK says that what a command was about is not there. */
export function isMissing(error: unknown): boolean {
  return ['NoSuchKey', 'NoSuchUpload', 'NotFound'].includes((error as { name?: string }).name ?? '');
}

export async function ignoreMissing(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
