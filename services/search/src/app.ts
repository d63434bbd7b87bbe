import { pingDatabase } from '@gaia/database/database';
import type { HealthCheck } from '@gaia/http-service/health';
import type { Logger } from '@gaia/http-service/logger';
import { createService, type Service } from '@gaia/http-service/service';
import { tokenGuard } from '@gaia/token-guard';
import type { Guard } from '@gaia/token-guard/guard';
import type { Kysely } from 'kysely';
import type { Registry } from 'prom-client';
import type { Config } from './config.ts';
import type { SearchDatabase } from './database.ts';
import type { Follower } from './feed/follower.ts';
import { indexHealth } from './feed/lag.ts';
import { readProgress } from './feed/progress.ts';
import type { AppliedSeq } from './feed/waiting.ts';
import { registerWhoAmI } from './identity/routes.ts';
import { registerSearch } from './queries/routes.ts';

export interface AppDependencies {
  readonly logger: Logger;
  readonly metrics: Registry;
  readonly database: Kysely<SearchDatabase>;
  readonly guard: Guard;
  readonly follower: Pick<Follower, 'status'>;
  readonly applied: AppliedSeq;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly checks?: readonly HealthCheck[];
}

/** The search service: `GET /search` over an index that follows cms's change feed. */
export async function buildApp(config: Pick<Config, 'TRUSTED_PROXIES'>, deps: AppDependencies): Promise<Service> {
  const { database, guard, follower, now } = deps;
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
      {
        name: 'index',
        critical: false,
        check: async () => indexHealth(await readProgress(database), follower.status(), now()),
      },
      ...(deps.checks ?? []),
    ],
  });
  await app.register(async (scope) => {
    await scope.register(tokenGuard, { guard });
    registerWhoAmI(scope as Service);
  });
  await app.register(async (scope) => {
    await scope.register(tokenGuard, { guard, optionalIdentity: true });
    registerSearch(scope as Service, { database, applied: deps.applied });
  });
  return app;
}
