import { randomUUID } from 'node:crypto';
import { createDeferredAudit } from '@gaia/audit-log/deferred';
import { createAuditLog } from '@gaia/audit-log/log';
import { startAuditRetention } from '@gaia/audit-log/retention';
import { openDatabase } from '@gaia/database/database';
import { migrate } from '@gaia/database/migrate';
import { followFeed } from '@gaia/feed-follower';
import type { Fetch } from '@gaia/http-client/bounded-fetch';
import { fetch as serviceFetch } from '@gaia/http-client/fetch';
import type { Logger } from '@gaia/http-service/logger';
import type { Service } from '@gaia/http-service/service';
import { openState } from '@gaia/state/open';
import { singleProcessChecks } from '@gaia/state/single-process-warning';
import type { State } from '@gaia/state/state';
import { createGuard } from '@gaia/token-guard/guard';
import { registerGuardMetrics } from '@gaia/token-guard/metrics';
import { Registry } from 'prom-client';
import { buildApp } from './app.ts';
import { assetsDirectory, type Config, uploadLifetimeMs } from './config.ts';
import type { AssetsDatabase } from './database.ts';
import { createFiles } from './files/files.ts';
import { createQuotas } from './files/quotas.ts';
import { collectUnusedFiles } from './files/unused-files.ts';
import { openImagePipeline } from './images/image-pipeline.ts';
import { createDownloadGrants } from './links/download-grants.ts';
import { migrations, SCHEMA } from './migrations.ts';
import { referencesConsumer } from './references/references.ts';
import { openStores } from './storage/open-stores.ts';
import { createClamdScanner, parseClamdAddress } from './uploads/clamd.ts';
import { createResumableUploads } from './uploads/resumable/resumable-uploads.ts';
import { noScanner } from './uploads/scanner.ts';
import { type SweepDependencies, sweep } from './uploads/sweeper.ts';

export interface StartDependencies {
  readonly logger: Logger;
  /** Shared with other services of the process; opened from REDIS_URL if absent. */
  readonly state?: State;
  readonly now?: () => number;
  readonly fetch?: Fetch;
  readonly random?: () => number;
  readonly randomId?: () => string;
}

const SWEEP_EVERY_MS = 3_600_000;

/** Brings the service's schema up to date. */
export async function migrateDatabase(config: Pick<Config, 'DATABASE_URL'>): Promise<readonly string[]> {
  return migrate({ url: config.DATABASE_URL, schema: SCHEMA, migrations });
}

/** Opens all that assets needs and gives the app; closing the app closes what was opened here. */
export async function start(config: Config, deps: StartDependencies): Promise<Service> {
  const { logger, now = Date.now, fetch = serviceFetch, random = Math.random, randomId = randomUUID } = deps;
  await migrateDatabase(config);
  const lifetime = uploadLifetimeMs(config);
  const stores = await openStores(config, { directory: assetsDirectory(config), uploadLifetimeMs: lifetime, now });
  const database = openDatabase<AssetsDatabase>({
    url: config.DATABASE_URL,
    schema: SCHEMA,
    applicationName: 'gaia-assets',
    maxConnections: config.DATABASE_POOL_SIZE,
    log: (line) => logger.warn(line),
  });
  const state = deps.state ?? openState({ redisUrl: config.REDIS_URL, now, log: logger });
  const guard = createGuard(config, { feed: state.revocations, fetch, now, random, log: logger, audience: 'assets' });
  const metrics = new Registry();
  registerGuardMetrics(guard, metrics);
  // Before the first request: what was revoked while this process was not there stays revoked. Bounded in time.
  await guard.revocations?.ready;
  const consumer = referencesConsumer;
  const feed = followFeed({ service: SCHEMA, config, database, consumer, logger, metrics, fetch, now, random });
  const audit = createDeferredAudit({ database, log: logger, now });
  const retention = startAuditRetention({
    auditLog: createAuditLog(database),
    days: config.AUDIT_RETENTION_DAYS,
    log: logger,
    now,
  });
  const files = createFiles(database, now, { quotas: createQuotas(database, config.ASSETS_SITE_QUOTA_BYTES), audit });
  const pipeline = openImagePipeline(config, { database, files, stores, metrics, now, randomId, logger });
  const collectUnused = () =>
    collectUnusedFiles({
      database,
      files,
      stores,
      days: config.ASSETS_UNUSED_DAYS,
      isCurrent: async () => (await feed.check.check()).status === 'ok',
      log: logger,
      now,
    });
  const uploads = createResumableUploads(database, now);
  const grants = createDownloadGrants(database, now);
  const stopSweeping = await startSweeping({ files, uploads, grants, stores, collectUnused, now }, logger);
  const checks = deps.state === undefined ? singleProcessChecks(state, logger) : [];
  const { records } = state;
  const scanner =
    config.ASSETS_CLAMD === undefined ? noScanner : createClamdScanner(parseClamdAddress(config.ASSETS_CLAMD));
  const { images, variants } = pipeline;
  const parts = {
    logger,
    metrics,
    database,
    guard,
    stores,
    images,
    variants,
    scanner,
    audit,
    records,
    feed,
    now,
    randomId,
    checks,
  };
  const app = await buildApp(config, parts);
  app.addHook('onClose', async () => {
    stopSweeping();
    await pipeline.close();
    await retention.stop();
    await audit.stop();
    await feed.close();
    await guard.close();
    if (deps.state === undefined) await state.close();
    await database.destroy();
  });
  return app;
}

async function startSweeping(sweeping: SweepDependencies, logger: Logger): Promise<() => void> {
  async function once(): Promise<void> {
    try {
      const removed = await sweep(sweeping);
      if (Object.values(removed).some((count) => count > 0))
        logger.info(removed, 'removed what interrupted uploads have left, and unused files');
    } catch (error) {
      logger.warn({ err: error }, 'what interrupted uploads have left could not be removed');
    }
  }
  await once();
  const timer = setInterval(once, SWEEP_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
