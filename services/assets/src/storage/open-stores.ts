import type { SettingsOf } from '@gaia/settings';
import { openDiskStore } from './disk-store.ts';
import { openS3Store } from './s3-store.ts';
import { s3Settings, type storageSettings } from './settings.ts';
import { createStores, type Stores } from './stores.ts';

export interface OpenStoresOptions {
  readonly directory: string;
  readonly uploadLifetimeMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The disk always, and S3 where it is configured: a file can be in either. Throws StorageError. */
export async function openStores(
  config: SettingsOf<typeof storageSettings>,
  { directory, uploadLifetimeMs, now }: OpenStoresOptions,
): Promise<Stores> {
  const settings = s3Settings(config);
  const disk = await openDiskStore(directory);
  if (settings === undefined) return createStores(disk);
  const s3 = await openS3Store({ ...settings, uploadLifetimeMs, now });
  return config.ASSETS_STORE === 's3' ? createStores(s3, [disk]) : createStores(disk, [s3]);
}
