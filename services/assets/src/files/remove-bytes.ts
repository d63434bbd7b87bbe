import type { FastifyBaseLogger } from 'fastify';
import type { Stores } from '../storage/stores.ts';
import type { Files } from './files.ts';
import type { BytesLocation } from './stored-file.ts';

export interface RemoveBytesDependencies {
  readonly files: Pick<Files, 'forgetBytes'>;
  readonly stores: Pick<Stores, 'of'>;
  readonly log: Pick<FastifyBaseLogger, 'warn'>;
}

/** Removes bytes that are unclaimed. Should this fail, they stay known as such, and the sweeper removes them later. */
export async function removeBytes(
  { files, stores, log }: RemoveBytesDependencies,
  bytes: BytesLocation,
): Promise<void> {
  try {
    await stores.of(bytes.store).remove(bytes.bytesKey);
    await files.forgetBytes(bytes);
  } catch (error) {
    log.warn({ err: error, key: bytes.bytesKey }, 'unclaimed bytes stay for now');
  }
}
