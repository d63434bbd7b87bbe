import type { Audit } from '@gaia/audit-log';
import { registerAudit } from '@gaia/audit-log/routes';
import { pingDatabase } from '@gaia/database/database';
import type { FollowedFeed } from '@gaia/feed-follower';
import type { HealthCheck } from '@gaia/http-service/health';
import type { Logger } from '@gaia/http-service/logger';
import { createService, type Service } from '@gaia/http-service/service';
import { tokenGuard } from '@gaia/token-guard';
import type { Guard } from '@gaia/token-guard/guard';
import { registerWhoAmI } from '@gaia/token-guard/whoami-route';
import type { Kysely } from 'kysely';
import type { Registry } from 'prom-client';
import type { Config } from './config.ts';
import type { SearchDatabase } from './database.ts';
import type { Stemmer } from './languages/stemmer.ts';
import { registerSearch } from './queries/routes.ts';
import { createSearching } from './queries/search.ts';
import { createSiteSettings } from './queries/site-settings.ts';
import { registerRebuild } from './rebuild/routes.ts';
import { registerSynonyms } from './synonyms/routes.ts';
import { createSynonyms } from './synonyms/synonyms.ts';

export interface AppDependencies {
  readonly logger: Logger;
  readonly metrics: Registry;
  readonly database: Kysely<SearchDatabase>;
  readonly guard: Guard;
  readonly feed: FollowedFeed;
  readonly audit: Audit<SearchDatabase>;
  readonly stemmer: Stemmer;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly checks?: readonly HealthCheck[];
}

/** The search service: `GET /search` over an index that follows cms's change feed. */
export async function buildApp(config: Pick<Config, 'TRUSTED_PROXIES'>, deps: AppDependencies): Promise<Service> {
  const { database, guard, feed, audit, stemmer, now } = deps;
  const app = await createService({
    name: 'search',
    description: 'Full text search over what the caller may see.',
    logger: deps.logger,
    metrics: deps.metrics,
    trustedProxies: config.TRUSTED_PROXIES,
    bodyLimit: 16 * 1024,
    checks: [
      ...guard.healthChecks,
      { name: 'database', critical: true, check: async () => pingDatabase(database).then(() => ({ status: 'ok' })) },
      feed.check,
      ...(deps.checks ?? []),
    ],
  });
  const settings = createSiteSettings(database, now);
  const synonyms = createSynonyms({ database, audit, now, onChange: settings.forget });
  const appliedSeq = async () => (await feed.progress()).appliedSeq;
  const searching = createSearching({ database, stemmer, settings, appliedSeq });
  await app.register(async (scope) => {
    await scope.register(tokenGuard, { guard });
    registerWhoAmI(scope as Service, '/search/whoami');
    registerRebuild(scope as Service, { feed, now });
    registerSynonyms(scope as Service, synonyms);
    registerAudit(scope as Service, '/search/audit', { database: database });
  });
  await app.register(async (scope) => {
    await scope.register(tokenGuard, { guard, optionalIdentity: true });
    registerSearch(scope as Service, { searching, feed });
  });
  return app;
}
