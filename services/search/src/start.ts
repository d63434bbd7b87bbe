import { createAudit } from '@gaia/audit-log';
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
import type { Config } from './config.ts';
import type { SearchDatabase } from './database.ts';
import { createDictionary } from './dictionary/dictionary.ts';
import { documentsConsumer } from './documents/documents.ts';
import { createStemmer } from './languages/stemmer.ts';
import { migrations, SCHEMA } from './migrations.ts';

export interface StartDependencies {
  readonly logger: Logger;
  /** Shared with other services of the process; opened from REDIS_URL if absent. */
  readonly state?: State;
  readonly now?: () => number;
  readonly fetch?: Fetch;
  readonly random?: () => number;
}

/** A search that takes longer is given up by the database. */
const QUERY_TIMEOUT_MS = 3_000;

/** Brings the service's schema up to date. */
export async function migrateDatabase(config: Pick<Config, 'DATABASE_URL'>): Promise<readonly string[]> {
  return migrate({ url: config.DATABASE_URL, schema: SCHEMA, migrations });
}

/** Opens all that search needs, follows the feed and gives the app; closing the app closes what was opened here. */
export async function start(config: Config, deps: StartDependencies): Promise<Service> {
  const { logger, now = Date.now, fetch = serviceFetch, random = Math.random } = deps;
  await migrateDatabase(config);
  const database = openDatabase<SearchDatabase>({
    url: withoutGenericPlans(config.DATABASE_URL),
    schema: SCHEMA,
    applicationName: 'gaia-search',
    maxConnections: config.DATABASE_POOL_SIZE,
    statementTimeoutMs: QUERY_TIMEOUT_MS,
    log: (line) => logger.warn(line),
  });
  const state = deps.state ?? openState({ redisUrl: config.REDIS_URL, now, log: logger });
  const guard = createGuard(config, { feed: state.revocations, fetch, now, random, log: logger, audience: 'search' });
  const metrics = new Registry();
  registerGuardMetrics(guard, metrics);
  // Before the first request: what was revoked while this process was not there stays revoked. Bounded in time.
  await guard.revocations?.ready;
  const stemmer = createStemmer();
  const consumer = documentsConsumer({ stemmer, dictionary: createDictionary() });
  const feed = followFeed({ service: SCHEMA, config, database, consumer, logger, metrics, fetch, now, random });
  const checks = deps.state === undefined ? singleProcessChecks(state, logger) : [];
  const audit = createAudit({ database, log: logger, now });
  const retention = startAuditRetention({
    auditLog: createAuditLog(database),
    days: config.AUDIT_RETENTION_DAYS,
    log: logger,
    now,
  });
  const app = await buildApp(config, { logger, metrics, database, guard, feed, audit, stemmer, now, checks });
  app.addHook('onClose', async () => {
    await retention.stop();
    await feed.close();
    await guard.close();
    if (deps.state === undefined) await state.close();
    await database.destroy();
  });
  return app;
}

/**
 * A plan made without knowing the words of a query has to guess how many documents match; it guesses the same for a rare word
 * and for one that all documents have.
 */
function withoutGenericPlans(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  const given = url.searchParams.get('options');
  url.searchParams.set('options', [given, '-c plan_cache_mode=force_custom_plan'].filter(Boolean).join(' '));
  return url.href;
}
