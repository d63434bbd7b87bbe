import { openDatabase } from '@gaia/database/database';
import { migrate } from '@gaia/database/migrate';
import type { HealthCheck } from '@gaia/http-service/health';
import type { Logger } from '@gaia/http-service/logger';
import type { Service } from '@gaia/http-service/service';
import { createServiceCredentials } from '@gaia/service-credentials';
import { openState } from '@gaia/state/open';
import type { State } from '@gaia/state/state';
import { createGuard } from '@gaia/token-guard/guard';
import { registerGuardMetrics } from '@gaia/token-guard/metrics';
import { Registry } from 'prom-client';
import { buildApp } from './app.ts';
import type { Config } from './config.ts';
import type { SearchDatabase } from './database.ts';
import { createFeedClient } from './feed/feed-client.ts';
import { startFollower } from './feed/follower.ts';
import { lagSeconds } from './feed/lag.ts';
import { registerIndexMetrics } from './feed/metrics.ts';
import { readProgress } from './feed/progress.ts';
import { createAppliedSeq } from './feed/waiting.ts';
import { migrations, SCHEMA } from './migrations.ts';

export interface StartDependencies {
  readonly logger: Logger;
  /** Shared with other services of the process; opened from REDIS_URL if absent. */
  readonly state?: State;
  readonly now?: () => number;
  readonly fetch?: typeof globalThis.fetch;
  readonly random?: () => number;
}

/** A search that takes longer is given up by the database. */
const QUERY_TIMEOUT_MS = 3_000;
/** A page of the feed, or the clearing up after a rebuild, may take longer. */
const FEED_TIMEOUT_MS = 120_000;

/** Brings the service's schema up to date. */
export async function migrateDatabase(config: Pick<Config, 'DATABASE_URL'>): Promise<readonly string[]> {
  return migrate({ url: config.DATABASE_URL, schema: SCHEMA, migrations });
}

/** Opens all that search needs, follows the feed and gives the app; closing the app closes what was opened here. */
export async function start(config: Config, deps: StartDependencies): Promise<Service> {
  const { logger, now = Date.now, fetch = globalThis.fetch, random = Math.random } = deps;
  await migrateDatabase(config);
  const log = (line: string) => logger.warn(line);
  const base = { schema: SCHEMA, log };
  const database = openDatabase<SearchDatabase>({
    ...base,
    url: withoutGenericPlans(config.DATABASE_URL),
    applicationName: 'gaia-search',
    maxConnections: config.DATABASE_POOL_SIZE,
    statementTimeoutMs: QUERY_TIMEOUT_MS,
  });
  const feedDatabase = openDatabase<SearchDatabase>({
    ...base,
    url: config.DATABASE_URL,
    applicationName: 'gaia-search-feed',
    maxConnections: 2,
    statementTimeoutMs: FEED_TIMEOUT_MS,
  });
  const state = deps.state ?? openState({ redisUrl: config.REDIS_URL, now, log: logger });
  const guard = createGuard(config, { feed: state.revocations, fetch, now, random, log: logger, audience: 'search' });
  const credentials = createServiceCredentials({
    tokenUrl: `${config.AUTH_URL}/oauth/token`,
    clientId: config.SERVICE_CLIENT_ID,
    clientSecret: config.SERVICE_CLIENT_SECRET,
    scope: 'feed:read',
    fetch,
    now,
  });
  const metrics = new Registry();
  registerGuardMetrics(guard, metrics);
  const indexMetrics = registerIndexMetrics(metrics, async () =>
    lagSeconds(await readProgress(database), follower.status().failure, now()),
  );
  const applied = createAppliedSeq({ read: async () => (await readProgress(database)).appliedSeq, now });
  const follower = startFollower({
    database: feedDatabase,
    feed: createFeedClient({ cmsUrl: config.CMS_URL, credentials, fetch }),
    now,
    random,
    log: logger,
    onApplied: (seq, events) => {
      indexMetrics.applied(events);
      applied.announce(seq);
    },
  });
  const checks = deps.state === undefined && state.kind === 'memory' ? [aloneCheck(logger)] : [];
  const app = await buildApp(config, { logger, metrics, database, guard, follower, applied, now, checks });
  app.addHook('onClose', async () => {
    await follower.close();
    await guard.close();
    if (deps.state === undefined) await state.close();
    await Promise.all([database.destroy(), feedDatabase.destroy()]);
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

/** Without Redis a process that is on its own hears of no logout. */
function aloneCheck(logger: Logger): HealthCheck {
  logger.warn('REDIS_URL is not set: revocations that other processes make are not seen here');
  return {
    name: 'state',
    critical: false,
    check: () => ({ status: 'degraded', detail: { cause: 'revocations of other processes are not seen' } }),
  };
}
