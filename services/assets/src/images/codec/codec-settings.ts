import { availableParallelism } from 'node:os';
import { integer, type SettingsOf } from '@gaia/settings';
import type { CodecPoolOptions } from './codec-pool.ts';

export const codecSettings = {
  ASSETS_IMAGE_WORKERS: integer({
    doc: 'Processes that convert images, at most; they start when they are needed. 0: one for each core, up to 4',
    fallback: 0,
    min: 0,
    max: 64,
  }),
  ASSETS_IMAGE_MAX_PIXELS: integer({
    doc: 'Largest image that is converted, in pixels of all its frames; also what all that are converted at once may have',
    fallback: 100_000_000,
    min: 1_000_000,
    max: 2_000_000_000,
  }),
  ASSETS_IMAGE_MAX_BYTES: integer({
    doc: 'Largest file that is converted, in bytes',
    fallback: 64 * 1024 * 1024,
    min: 1024,
    max: 1024 ** 3,
  }),
  ASSETS_IMAGE_MEMORY: integer({
    doc: 'Memory at which a process that converts an image is killed, in bytes',
    fallback: 1024 ** 3,
    min: 256 * 1024 * 1024,
    max: 64 * 1024 ** 3,
  }),
  ASSETS_IMAGE_TIMEOUT_MS: integer({
    doc: 'How long the conversion of an image may take, in milliseconds',
    fallback: 20_000,
    min: 100,
    max: 600_000,
  }),
  ASSETS_IMAGE_QUEUE: integer({
    doc: 'Conversions that may wait for a process; more are refused with 503',
    fallback: 256,
    min: 1,
    max: 10_000,
  }),
  ASSETS_VARIANTS_PER_FILE: integer({
    doc: 'Sizes and formats of one image that are kept; the least used give way',
    fallback: 100,
    min: 1,
    max: 10_000,
  }),
};

/** Of an animation that stays one when it is converted. */
const MAX_FRAMES = 500;
const MOST_WORKERS = 4;

export function codecPoolOptions(config: SettingsOf<typeof codecSettings>): CodecPoolOptions {
  return {
    workers: config.ASSETS_IMAGE_WORKERS || Math.min(MOST_WORKERS, availableParallelism()),
    limits: {
      maxPixels: config.ASSETS_IMAGE_MAX_PIXELS,
      maxFrames: MAX_FRAMES,
      maxMemoryBytes: config.ASSETS_IMAGE_MEMORY,
    },
    timeoutMs: config.ASSETS_IMAGE_TIMEOUT_MS,
    maxWaiting: config.ASSETS_IMAGE_QUEUE,
  };
}
