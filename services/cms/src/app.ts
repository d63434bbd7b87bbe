import type { DeferredAudit } from '@gaia/audit-log/deferred';
import { registerAudit } from '@gaia/audit-log/routes';
import { pingDatabase } from '@gaia/database/database';
import type { Fetch } from '@gaia/http-client/bounded-fetch';
import type { HealthCheck } from '@gaia/http-service/health';
import type { Logger } from '@gaia/http-service/logger';
import { createService, type Service } from '@gaia/http-service/service';
import type { CounterStore } from '@gaia/state/state';
import { tokenGuard } from '@gaia/token-guard';
import type { Guard } from '@gaia/token-guard/guard';
import { registerWhoAmI } from '@gaia/token-guard/whoami-route';
import type { Registry } from 'prom-client';
import { registerAccessExplain } from './access-explain/routes.ts';
import type { Config } from './config.ts';
import type { CmsDatabase, CmsTables } from './database.ts';
import { createEntitlements } from './entitlements/entitlements.ts';
import { registerEntitlements } from './entitlements/routes.ts';
import { createEntries } from './entries/entries.ts';
import { registerReferrers } from './entries/referrer-routes.ts';
import { registerEntryChanges } from './entries/routes.ts';
import { registerReading } from './entry-queries/routes.ts';
import { createFeed } from './feed/feed.ts';
import type { FeedSignal } from './feed/feed-signal.ts';
import { createOutbox } from './feed/outbox.ts';
import { registerFeed } from './feed/routes.ts';
import { createGraphql } from './graphql/graphql.ts';
import { registerGraphql } from './graphql/routes.ts';
import { createProducts } from './products/products.ts';
import { registerProducts } from './products/routes.ts';
import { readableFiles } from './service-clients/readable-files.ts';
import { createServiceClients } from './service-clients/service-clients.ts';
import { registerSubjects } from './subjects/routes.ts';
import { registerTypes } from './types/routes.ts';
import { createTypeCache } from './types/type-cache.ts';
import { createTypes } from './types/types.ts';
import type { RandomBytes } from './values/uuid.ts';
import { deliveryOutcomes } from './webhooks/delivery-metrics.ts';
import { createEndpoints } from './webhooks/endpoints.ts';
import { registerHook, webhookToken } from './webhooks/hook-route.ts';
import { createReceiver } from './webhooks/receive.ts';
import { registerWebhooks } from './webhooks/routes.ts';
import { createSecretSealer } from './webhooks/sealed-secrets.ts';

export interface AppDependencies {
  readonly logger: Logger;
  readonly metrics: Registry;
  readonly database: CmsDatabase;
  readonly guard: Guard;
  readonly signal: FeedSignal;
  readonly audit: DeferredAudit<CmsTables>;
  readonly counters: CounterStore;
  /** For calls to the services beside this one. */
  readonly fetch: Fetch;
  /** Called when a type has changed, so that its entries have to go through the feed again. */
  readonly onTypeChange: () => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly randomBytes: RandomBytes;
  readonly checks?: readonly HealthCheck[];
}

/** The cms service: content types and entries of sites, and the feed of their changes. */
export async function buildApp(
  config: Pick<Config, 'TRUSTED_PROXIES' | 'CMS_KEK' | 'ASSETS_URL' | 'SEARCH_URL'>,
  deps: AppDependencies,
): Promise<Service> {
  const { database, guard, signal, audit, now, randomBytes } = deps;
  const app = await createService({
    name: 'cms',
    securitySchemes: { webhookToken },
    description: 'Content types, entries, publishing, and the feed of changes.',
    logger: deps.logger,
    metrics: deps.metrics,
    trustedProxies: config.TRUSTED_PROXIES,
    checks: [
      ...guard.healthChecks,
      { name: 'database', critical: true, check: async () => pingDatabase(database).then(() => ({ status: 'ok' })) },
      ...(deps.checks ?? []),
    ],
  });
  const typeCache = createTypeCache();
  const types = createTypes({ database, audit, now, randomBytes, onChange: deps.onTypeChange });
  const outbox = createOutbox(signal, audit, now);
  const entries = createEntries({ database, types: typeCache, outbox, now });
  const products = createProducts({ database, audit, now });
  const entitlements = createEntitlements({ database, outbox, audit, now });
  const sealer = createSecretSealer({ keys: config.CMS_KEK, randomBytes });
  const endpoints = createEndpoints({ database, sealer, audit, now, randomBytes });
  const { counters } = deps;
  const receive = createReceiver({
    database,
    endpoints,
    entitlements,
    outbox,
    counters,
    count: deliveryOutcomes(deps.metrics),
    now,
  });
  const serviceClients = createServiceClients({
    assetsUrl: config.ASSETS_URL,
    searchUrl: config.SEARCH_URL,
    fetch: deps.fetch,
  });
  const graphql = createGraphql({ database, types: typeCache, entries, serviceClients });
  const feed = createFeed({ database, types: typeCache, signal, now });

  await app.register(async (scope) => {
    await scope.register(tokenGuard, { guard });
    registerWhoAmI(scope as Service, '/cms/whoami');
    registerTypes(scope as Service, types);
    registerEntryChanges(scope as Service, {
      entries,
      readableFiles: (site, context) => readableFiles(serviceClients, site, context),
    });
    registerProducts(scope as Service, products);
    registerEntitlements(scope as Service, entitlements);
    registerSubjects(scope as Service, { database, types: typeCache, entitlements });
    registerWebhooks(scope as Service, { endpoints, database, now });
    registerAccessExplain(scope as Service, { database, entries });
    registerFeed(scope as Service, feed);
    registerAudit(scope as Service, '/cms/audit', {
      database,
      settle: audit.settle,
    });
  });
  await app.register(async (scope) => registerHook(scope as Service, receive));
  await app.register(async (scope) => {
    await scope.register(tokenGuard, { guard, optionalIdentity: true });
    registerGraphql(scope as Service, graphql);
    registerReferrers(scope as Service, entries);
    registerReading(scope as Service, { database, types: typeCache, entries });
  });
  return app;
}
