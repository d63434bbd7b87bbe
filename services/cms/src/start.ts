import { randomBytes as secureRandomBytes } from 'node:crypto';
import { createDeferredAudit } from '@gaia/audit-log/deferred';
import { createAuditLog } from '@gaia/audit-log/log';
import { startAuditRetention } from '@gaia/audit-log/retention';
import { openDatabase } from '@gaia/database/database';
import { migrate } from '@gaia/database/migrate';
import type { Fetch } from '@gaia/http-client/bounded-fetch';
import { fetch as serviceFetch } from '@gaia/http-client/fetch';
import type { HealthCheck } from '@gaia/http-service/health';
import type { Logger } from '@gaia/http-service/logger';
import { startPeriodicJob } from '@gaia/http-service/periodic-job';
import type { Service } from '@gaia/http-service/service';
import { reseal } from '@gaia/sealed-values/reseal';
import { openState } from '@gaia/state/open';
import { singleProcessChecks } from '@gaia/state/single-process-warning';
import type { State } from '@gaia/state/state';
import { createGuard } from '@gaia/token-guard/guard';
import { registerGuardMetrics } from '@gaia/token-guard/metrics';
import { sql } from 'kysely';
import { Registry } from 'prom-client';
import { buildApp } from './app.ts';
import type { Config } from './config.ts';
import type { CmsTables } from './database.ts';
import { startFilling } from './entry-variants/filling.ts';
import { createFeedSignal } from './feed/feed-signal.ts';
import { startFeedMaintenance } from './feed/maintenance.ts';
import { listenForNotifications } from './feed/notifications.ts';
import { correctPosition } from './feed/outbox.ts';
import { migrations, SCHEMA } from './migrations.ts';
import { inTransaction } from './transactions.ts';
import type { RandomBytes } from './values/uuid.ts';
import { createSecretSealer, sealedSecrets } from './webhooks/sealed-secrets.ts';

export interface StartDependencies {
  readonly logger: Logger;
  /** Shared with other services of the process; opened from REDIS_URL if absent. */
  readonly state?: State;
  readonly now?: () => number;
  readonly fetch?: Fetch;
  readonly randomBytes?: RandomBytes;
}

const RESEAL_MS = 60_000;

/** Channel on which processes tell each other of changes. */
const FEED_CHANNEL = 'gaia_cms_feed';

/** Brings the service's schema up to date. */
export async function migrateDatabase(config: Pick<Config, 'DATABASE_URL'>): Promise<readonly string[]> {
  return migrate({ url: config.DATABASE_URL, schema: SCHEMA, migrations });
}

/** Opens all that cms needs and gives the app; closing the app closes what was opened here. */
export async function start(config: Config, deps: StartDependencies): Promise<Service> {
  const { logger, now = Date.now, fetch = serviceFetch, randomBytes = secureRandomBytes } = deps;
  await migrateDatabase(config);
  const database = openDatabase<CmsTables>({
    url: config.DATABASE_URL,
    schema: SCHEMA,
    applicationName: 'gaia-cms',
    maxConnections: config.DATABASE_POOL_SIZE,
    log: (line) => logger.warn(line),
  });
  if ((await inTransaction(database, correctPosition)) === 'raised') {
    logger.warn('the feed begins anew: the database stands on other transaction ids than it was written with');
  }
  const state = deps.state ?? openState({ redisUrl: config.REDIS_URL, now, log: logger });
  const guard = createGuard(config, { feed: state.revocations, fetch, now, log: logger, audience: 'cms' });
  const metrics = new Registry();
  registerGuardMetrics(guard, metrics);
  // Before the first request: what was revoked while this process was not there stays revoked. Bounded in time.
  await guard.revocations?.ready;
  const signal = createFeedSignal(async () => {
    await sql`select pg_notify(${FEED_CHANNEL}, '')`.execute(database);
  });
  const notifications = listenForNotifications({
    url: config.DATABASE_URL,
    channel: FEED_CHANNEL,
    onNotification: signal.wake,
    onLost: () => logger.warn('the connection that hears of changes broke; they are looked for every second'),
  });
  const resealSecrets = async () => {
    const sealer = createSecretSealer({ keys: config.CMS_KEK, randomBytes });
    const { unopened } = await reseal(sealer, sealedSecrets(database));
    if (unopened.length === 0) return;
    logger.warn(
      { secrets: unopened },
      'secrets of webhooks cannot be opened with CMS_KEK; add the key that sealed them behind the new one',
    );
  };
  await resealSecrets();
  // Replicas that still seal with the key before may write while this one runs.
  const resealing = startPeriodicJob({ name: 'resealing', everyMs: RESEAL_MS, work: resealSecrets, log: logger });
  const audit = createDeferredAudit({ database, log: logger, now });
  const retention = startAuditRetention({
    auditLog: createAuditLog(database),
    days: config.AUDIT_RETENTION_DAYS,
    log: logger,
    now,
  });
  const maintenance = startFeedMaintenance({
    database,
    now,
    onSent: signal.changed,
    onError: (error) => logger.warn({ err: error }, 'the maintenance of the feed failed; it is tried again'),
  });
  const filling = startFilling(database, logger);
  const checks: readonly HealthCheck[] = [
    { name: 'feed', critical: false, check: () => ({ status: notifications.listening ? 'ok' : 'degraded' }) },
    ...(deps.state === undefined ? singleProcessChecks(state, logger) : []),
  ];
  const app = await buildApp(config, {
    logger,
    metrics,
    database,
    guard,
    signal,
    audit,
    counters: state.counters,
    fetch,
    onTypeChange: () => {
      maintenance.trigger();
      filling.trigger();
    },
    now,
    randomBytes,
    checks,
  });
  app.addHook('onClose', async () => {
    await maintenance.close();
    await filling.stop();
    await resealing.stop();
    await retention.stop();
    await audit.stop();
    await notifications.close();
    await signal.settled();
    await guard.close();
    if (deps.state === undefined) await state.close();
    await database.destroy();
  });
  return app;
}
