import type { Logger } from '@gaia/http-service/logger';
import { startPeriodicJob } from '@gaia/http-service/periodic-job';
import type { SettingsOf } from '@gaia/settings';
import type { Kysely } from 'kysely';
import { Gauge, type Registry } from 'prom-client';
import type { AssetsDatabase } from '../database.ts';
import type { Files } from '../files/files.ts';
import type { Stores } from '../storage/stores.ts';
import { createCodecPool } from './codec/codec-pool.ts';
import { codecPoolOptions, type codecSettings } from './codec/codec-settings.ts';
import { describeImages } from './describe-job.ts';
import { createImages, type Images } from './images.ts';
import { collectVariants } from './variant-collection.ts';
import { createVariantRecords } from './variant-records.ts';
import { createVariants, type Variants } from './variants.ts';

export interface ImagePipelineDependencies {
  readonly database: Kysely<AssetsDatabase>;
  readonly files: Files;
  readonly stores: Stores;
  readonly metrics: Registry;
  readonly now: () => number;
  readonly randomId: () => string;
  readonly logger: Logger;
}

/** All that looks at images and converts them. */
export interface ImagePipeline {
  readonly images: Images;
  readonly variants: Variants;
  close(): Promise<void>;
}

const DESCRIBE_EVERY_MS = 60_000;
const COLLECT_EVERY_MS = 3_600_000;

export function openImagePipeline(
  config: SettingsOf<typeof codecSettings>,
  { database, files, stores, metrics, now, randomId, logger: log }: ImagePipelineDependencies,
): ImagePipeline {
  const codecs = createCodecPool(codecPoolOptions(config));
  registerGauges(metrics, codecs);
  const images = createImages({ files, stores, codecs, maxBytes: config.ASSETS_IMAGE_MAX_BYTES, log });
  const records = createVariantRecords(database, { now, perFile: config.ASSETS_VARIANTS_PER_FILE });
  const variants = createVariants({ files, stores, codecs, records, now, randomId, log });
  const jobs = [
    startPeriodicJob({
      name: 'describe images',
      everyMs: DESCRIBE_EVERY_MS,
      work: async () => {
        while ((await describeImages(files, images)) > 0);
      },
      log,
    }),
    startPeriodicJob({
      name: 'collect image variants',
      everyMs: COLLECT_EVERY_MS,
      work: () => collectVariants(records, now()),
      log,
    }),
  ];
  return {
    images,
    variants,
    close: async () => {
      codecs.close();
      await Promise.all(jobs.map((job) => job.stop()));
    },
  };
}

function registerGauges(metrics: Registry, codecs: ReturnType<typeof createCodecPool>): void {
  const registers = [metrics];
  new Gauge({
    name: 'gaia_assets_image_queue',
    help: 'Conversions of images that wait for a process',
    registers,
    collect() {
      this.set(codecs.waiting());
    },
  });
  new Gauge({
    name: 'gaia_assets_image_workers',
    help: 'Processes that convert images',
    registers,
    collect() {
      this.set(codecs.workers());
    },
  });
}
