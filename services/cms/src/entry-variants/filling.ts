import type { Logger } from '@gaia/http-service/logger';
import { type PeriodicJob, startPeriodicJob } from '@gaia/http-service/periodic-job';
import type { CmsDatabase } from '../database.ts';
import { fillVariants } from './fill.ts';

/** Other replicas may have changed a type. */
const LOOK_MS = 30_000;

/** Fills slots in the background, in every replica. */
export function startFilling(database: CmsDatabase, log: Logger): PeriodicJob {
  let stopped = false;
  const job = startPeriodicJob({
    name: 'filling of variants',
    everyMs: LOOK_MS,
    work: async () => {
      while (!stopped && (await fillVariants(database)));
    },
    log,
  });
  job.trigger();
  return {
    trigger: job.trigger,
    stop: () => {
      stopped = true;
      return job.stop();
    },
  };
}
