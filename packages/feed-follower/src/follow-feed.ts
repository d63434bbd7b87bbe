import { openDatabase } from '@gaia/database/database';
import type { Fetch } from '@gaia/http-client/bounded-fetch';
import type { HealthCheck } from '@gaia/http-service/health';
import type { Logger } from '@gaia/http-service/logger';
import { createServiceCredentials } from '@gaia/service-credentials';
import type { Kysely } from 'kysely';
import type { Registry } from 'prom-client';
import { type AppliedSeq, createAppliedSeq } from './applied-seq.ts';
import type { FeedConsumer } from './consumer.ts';
import { createFeedClient } from './feed-client.ts';
import { type Follower, startFollower } from './follower.ts';
import { feedHealth, lagSeconds } from './lag.ts';
import { registerFeedMetrics } from './metrics.ts';
import { type Progress, readProgress } from './progress.ts';
import type { FeedConfig } from './settings.ts';

export interface FollowFeedOptions<DB> {
  /** Name of the service: of its schema, and in metrics. */
  readonly service: string;
  readonly config: FeedConfig;
  /** The service's own pool, for questions of requests; following has connections of its own. */
  readonly database: Kysely<DB>;
  readonly consumer: FeedConsumer<DB>;
  readonly logger: Logger;
  readonly metrics: Registry;
  readonly fetch: Fetch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly random: () => number;
}

export interface FollowedFeed extends Pick<Follower, 'status' | 'rebuild' | 'close'> {
  /** For clients that read their own writes. */
  readonly applied: AppliedSeq;
  progress(): Promise<Progress>;
  /** For `/ready`, under the name `feed`. */
  readonly check: HealthCheck;
}

/** A page of the feed, or the clearing up after a rebuild, may take long. */
const FEED_TIMEOUT_MS = 120_000;
/** One follows and holds the lock, the other begins rebuilds. */
const CONNECTIONS = 2;

/**
 * Follows cms's change feed in the background, with connections of its own to the service's database. One process of all
 * that share the database does; the others stand by. Close it before the app's own database.
 */
export function followFeed<DB>(options: FollowFeedOptions<DB>): FollowedFeed {
  const { service, config, logger, fetch, now } = options;
  const following = openDatabase<DB>({
    url: config.DATABASE_URL,
    schema: service,
    applicationName: `gaia-${service}-feed`,
    maxConnections: CONNECTIONS,
    statementTimeoutMs: FEED_TIMEOUT_MS,
    log: (line) => logger.warn(line),
  });
  const credentials = createServiceCredentials({
    tokenUrl: `${config.AUTH_URL}/oauth/token`,
    clientId: config.SERVICE_CLIENT_ID,
    clientSecret: config.SERVICE_CLIENT_SECRET,
    scope: 'feed:read',
    fetch,
    now,
  });
  const progress = () => readProgress(options.database);
  const metrics = registerFeedMetrics(options.metrics, service, async () =>
    lagSeconds(await progress(), follower.status().failure, now()),
  );
  const applied = createAppliedSeq({ read: async () => (await progress()).appliedSeq, now });
  const follower = startFollower({
    database: following,
    consumer: options.consumer,
    now,
    random: options.random,
    feed: createFeedClient({ cmsUrl: config.CMS_URL, credentials, fetch }),
    log: logger,
    onApplied: (seq, events) => {
      metrics.applied(events);
      applied.announce(seq);
    },
  });
  return {
    applied,
    progress,
    status: follower.status,
    rebuild: follower.rebuild,
    check: {
      name: 'feed',
      critical: false,
      check: async () => feedHealth(await progress(), follower.status(), now()),
    },
    close: async () => {
      await follower.close();
      await following.destroy();
    },
  };
}
