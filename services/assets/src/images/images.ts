import type { Logger } from '@gaia/http-service/logger';
import type { Files } from '../files/files.ts';
import type { ImageError, StoredFile } from '../files/stored-file.ts';
import type { Stores } from '../storage/stores.ts';
import { type CodecPool, ImageRejected, type ImageSource } from './codec/codec-pool.ts';
import type { Priority } from './codec/job-queue.ts';
import { WorkerFailed } from './codec/worker-process.ts';
import { isConvertible } from './convertible.ts';

export interface Images {
  /**
   * The file with what its bytes tell of the image. Never rejects: what could not be looked at now, because much else
   * waits or the worker was killed over it, is looked at when it is needed.
   */
  describe(file: StoredFile, priority: Priority): Promise<StoredFile>;
}

export interface ImagesDependencies {
  readonly files: Pick<Files, 'describe'>;
  readonly stores: Pick<Stores, 'of'>;
  readonly codecs: Pick<CodecPool, 'describe'>;
  /** Larger files are not read into memory. */
  readonly maxBytes: number;
  readonly log: Pick<Logger, 'warn'>;
}

export function createImages({ files, stores, codecs, maxBytes, log }: ImagesDependencies): Images {
  async function looked(file: StoredFile, priority: Priority): Promise<StoredFile> {
    const failed = (imageError: ImageError): StoredFile => ({ ...file, imageDescribed: true, imageError });
    if (file.size > maxBytes) return failed('too_large');
    try {
      const source = sourceOf(file, stores, 0);
      const { error, ...image } = await codecs.describe(source, priority);
      return { ...file, image, imageDescribed: true, imageError: error ?? undefined };
    } catch (error) {
      if (error instanceof ImageRejected) return failed(error.reason);
      // What ends a worker once ends it each time; what takes too long may have waited for the processor.
      const isFinal = error instanceof WorkerFailed && (error.reason === 'crashed' || priority === 'background');
      if (isFinal) return failed('unreadable');
      throw error;
    }
  }

  return {
    async describe(file, priority) {
      if (file.imageDescribed || !file.mediaType.startsWith('image/')) return file;
      try {
        const described = isConvertible(file.mediaType)
          ? await looked(file, priority)
          : { ...file, imageDescribed: true, imageError: 'not_convertible' as const };
        await files.describe(described);
        return described;
      } catch (error) {
        log.warn({ err: error, id: file.id }, 'an image could not be looked at for now');
        return file;
      }
    },
  };
}

/** The bytes of a file for a worker. */
export function sourceOf(file: StoredFile, stores: Pick<Stores, 'of'>, pixels: number): ImageSource {
  return { size: file.size, pixels, open: () => stores.of(file.store).open(file.bytesKey) };
}
