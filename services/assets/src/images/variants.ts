import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@gaia/http-service/logger';
import { variantDigest } from '@gaia/image-variants/address';
import type { Format } from '@gaia/image-variants/ladder';
import { cropOf, keyOf, sizeOf, type Transformation } from '@gaia/image-variants/transformation';
import { LRUCache } from 'lru-cache';
import { problem } from '../errors.ts';
import type { Files } from '../files/files.ts';
import type { ImageError, ImageFacts, StoredFile } from '../files/stored-file.ts';
import { StorageError } from '../storage/file-store.ts';
import type { Stores } from '../storage/stores.ts';
import { type CodecPool, ImageRejected } from './codec/codec-pool.ts';
import { type Priority, QueueFull } from './codec/job-queue.ts';
import { SourceFailed, WorkerFailed } from './codec/worker-process.ts';
import { sourceOf } from './images.ts';
import type { StoredVariant, VariantId, VariantRecords } from './variant-records.ts';

export interface Variants {
  /** A variant that is made already. */
  find(file: StoredFile, transformation: Transformation, format: Format): Promise<StoredVariant | undefined>;
  /**
   * A variant, made if need be: once, whatever number of requests and replicas ask for it at a time. Throws the problems of
   * `refusalOf`, conversion_queue_full, storage_unavailable, storage_full, file_not_found.
   */
  obtain(file: ConvertibleFile, transformation: Transformation, format: Format): Promise<StoredVariant>;
  /** Has a variant whose bytes are lost made anew for who asks next. */
  forget(variant: StoredVariant): Promise<void>;
  /** Keys of what is made as AVIF of some files, by file. */
  avifOf(files: readonly string[]): Promise<ReadonlyMap<string, ReadonlySet<string>>>;
  /** Has a variant made when there is time for it. */
  prepare(file: ConvertibleFile, transformation: Transformation, format: Format): void;
}

/** A file of which variants can be made. */
export interface ConvertibleFile extends StoredFile {
  readonly image: ImageFacts;
}

export interface VariantsDependencies {
  readonly files: Pick<Files, 'announceBytes' | 'forgetBytes' | 'describe'>;
  readonly stores: Stores;
  readonly codecs: Pick<CodecPool, 'render'>;
  readonly records: VariantRecords;
  readonly now: () => number;
  readonly randomId: () => string;
  readonly log: Pick<Logger, 'warn'>;
}

/** The queue and the conversion, before another replica may think that this one is dead. */
const CLAIM_MS = 60_000;
const LOOK_EVERY_MS = 100;
const MAX_VARIANT_BYTES = 64 * 1024 * 1024;
/** A file that has ended so many workers is left alone for an hour. */
const MOST_FAILURES = 3;

const retryAfter = (seconds: number) => ({ headers: { 'retry-after': String(seconds) } });

export function createVariants(deps: VariantsDependencies): Variants {
  const { files, stores, codecs, records, now, randomId, log } = deps;
  const underWay = new Map<string, Promise<StoredVariant>>();
  const failures = new LRUCache<string, number>({ max: 10_000, ttl: 3_600_000 });

  const idOf = (file: StoredFile, transformation: Transformation, format: Format): VariantId => ({
    file: file.id,
    digest: variantDigest(file.sha256, keyOf(transformation)),
    format,
  });

  /** What lies in another store than the current one is made anew, and the old one let go. */
  async function found(id: VariantId): Promise<StoredVariant | undefined> {
    const variant = await records.find(id);
    return variant?.store === stores.current.kind ? variant : undefined;
  }

  async function once(file: ConvertibleFile, transformation: Transformation, format: Format, priority: Priority) {
    const id = idOf(file, transformation, format);
    const name = `${id.file}/${id.digest}.${format}`;
    const current = underWay.get(name);
    if (current !== undefined) return current;
    const making = madeByOne(file, transformation, id, priority).finally(() => underWay.delete(name));
    underWay.set(name, making);
    return making;
  }

  /** By this process or by another: whoever has the claim. */
  async function madeByOne(
    file: ConvertibleFile,
    transformation: Transformation,
    id: VariantId,
    priority: Priority,
  ): Promise<StoredVariant> {
    const giveUpAt = now() + CLAIM_MS;
    for (;;) {
      const made = await found(id);
      if (made !== undefined) return made;
      if (await records.claim(id, CLAIM_MS)) break;
      if (now() > giveUpAt) throw problem('conversion_queue_full', retryAfter(5));
      await sleep(LOOK_EVERY_MS);
    }
    try {
      return (await found(id)) ?? (await made(file, transformation, id, priority));
    } finally {
      await records.release(id);
    }
  }

  async function made(
    file: ConvertibleFile,
    transformation: Transformation,
    id: VariantId,
    priority: Priority,
  ): Promise<StoredVariant> {
    const rendered = await rendering(file, transformation, id.format, priority);
    const bytes = { bytesKey: randomId(), store: stores.current.kind };
    await files.announceBytes(bytes);
    const received = await stores.current.receive(bytes.bytesKey, Readable.from([rendered.bytes]), MAX_VARIANT_BYTES);
    await received.keep();
    const variant: StoredVariant = {
      ...id,
      ...bytes,
      key: keyOf(transformation),
      width: rendered.width,
      height: rendered.height,
      size: received.size,
      sha256: received.sha256,
      createdAt: new Date(now()),
    };
    if (await records.add(variant)) return variant;
    await stores.current.remove(bytes.bytesKey);
    await files.forgetBytes(bytes);
    throw problem('file_not_found');
  }

  async function rendering(file: ConvertibleFile, transformation: Transformation, format: Format, priority: Priority) {
    const { image } = file;
    const isAnimated = image.frames > 1 && (format === 'gif' || format === 'webp');
    const pixels = image.width * image.height * (isAnimated ? image.frames : 1);
    const size = sizeOf(transformation, image);
    const crop = transformation.fit === 'cover' ? cropOf(transformation, image, size) : undefined;
    const job = { ...size, crop, format, quality: transformation.quality, isAnimated };
    try {
      return await codecs.render(sourceOf(file, stores, pixels), job, priority);
    } catch (error) {
      if (error instanceof ImageRejected && error.reason === 'unreadable') {
        await files.describe({ ...file, imageError: error.reason });
      }
      if (error instanceof WorkerFailed) failures.set(file.sha256, (failures.get(file.sha256) ?? 0) + 1);
      throw error;
    }
  }

  return {
    find: (file, transformation, format) => found(idOf(file, transformation, format)),
    async obtain(file, transformation, format) {
      const refusal = refusalOf(file.imageError);
      if (refusal !== undefined) throw refusal;
      if ((failures.get(file.sha256) ?? 0) >= MOST_FAILURES) throw problem('image_unreadable');
      const made = await found(idOf(file, transformation, format));
      if (made !== undefined) return made;
      try {
        return await once(file, transformation, format, 'foreground');
      } catch (error) {
        throw problemOf(error);
      }
    },
    forget: (variant) => records.remove(variant),
    avifOf: async (of) => (of.length === 0 ? new Map() : records.keysOf(of, 'avif')),
    prepare(file, transformation, format) {
      if (file.imageError !== undefined || (failures.get(file.sha256) ?? 0) >= MOST_FAILURES) return;
      once(file, transformation, format, 'background').catch((error: unknown) => {
        if (!(error instanceof QueueFull)) log.warn({ err: error, id: file.id }, 'an image variant was not made');
      });
    },
  };
}

/** Why no variant can be made of bytes that say so themselves: format_not_convertible, image_unreadable, image_too_large. */
export function refusalOf(error: ImageError | undefined) {
  switch (error) {
    case 'not_convertible':
      return problem('format_not_convertible', { detail: 'The file is delivered as it is only.' });
    case 'too_large':
      return problem('image_too_large');
    case 'unreadable':
      return problem('image_unreadable');
    default:
      return undefined;
  }
}

function problemOf(error: unknown): unknown {
  if (error instanceof QueueFull) return problem('conversion_queue_full', retryAfter(2));
  if (error instanceof ImageRejected) return refusalOf(error.reason);
  if (error instanceof WorkerFailed) {
    return problem('image_unreadable', { detail: 'The conversion took too much time or memory.', cause: error });
  }
  if (error instanceof SourceFailed) return problem('storage_unavailable', { cause: error.cause });
  if (error instanceof StorageError) return problem(error.code, { cause: error.cause });
  return error;
}
