import type { Server } from 'node:http';
import fastifyCookie from '@fastify/cookie';
import type { Logger } from '@gaia/http-service/logger';
import { createService, type Service } from '@gaia/http-service/service';
import type { State } from '@gaia/state/state';
import type { Revocations } from '@gaia/token-guard/revocations';
import type { Registry } from 'prom-client';
import { createCallerOf } from './caller/caller.ts';
import type { Config } from './config.ts';
import { createSessionCredentials } from './credentials/session-credentials.ts';
import type { OpenApiDocument } from './docs/merge.ts';
import { isPublicPath } from './docs/public-paths.ts';
import { registerDocs } from './docs/routes.ts';
import { createSuiteDocument } from './docs/suite-document.ts';
import { createChecks } from './health/checks.ts';
import { limitRates } from './limits/rate-limit-hook.ts';
import { createRateLimiter } from './limits/rate-limiter.ts';
import { measure } from './metrics/metrics.ts';
import { secureOwnAnswers } from './pages/security-headers.ts';
import { registerStartPage } from './pages/start-page.ts';
import { registerProxy } from './proxy/routes.ts';
import { createAuthClient } from './sessions/auth-client.ts';
import { createRenewal } from './sessions/renewal.ts';
import { registerSessionRoutes } from './sessions/routes.ts';
import { createSealer } from './sessions/seal.ts';
import { createSessionCookie } from './sessions/session-cookie.ts';
import { createSessionStore } from './sessions/session-store.ts';
import { createSiteDirectory } from './sites/site-directory.ts';
import type { Upstreams, UpstreamUrls } from './upstreams/pools.ts';

export interface AppDeps {
  readonly logger: Logger;
  readonly metrics: Registry;
  readonly state: State;
  readonly revocations: Pick<Revocations, 'reasonToRefuse' | 'status'>;
  readonly upstreams: Upstreams;
  readonly urls: UpstreamUrls;
  /** Seals sessions at rest. */
  readonly sessionSecret: string;
  readonly fetch: typeof globalThis.fetch;
  readonly now: () => number;
  readonly randomBytes: (size: number) => Buffer;
  readonly uuid: () => string;
  readonly sleep: (ms: number) => Promise<void>;
}

/** The gateway: the one public door. Throws nothing; needs all of `deps` open, and leaves them open when it closes. */
export async function buildApp(config: Config, deps: AppDeps): Promise<Service> {
  const { logger, state, revocations, now, fetch, urls, randomBytes } = deps;
  const app = await createService({
    name: 'gateway',
    description: 'Routing, browser sessions, rate limits and the documentation of the suite',
    logger,
    metrics: deps.metrics,
    checks: createChecks({ fetch, now, urls, state, revocations }),
    trustedProxies: config.TRUSTED_PROXIES,
    bodyLimit: config.MAX_BODY_BYTES,
    serveMetrics: false,
  });
  boundConnections(app.server, config.CLIENT_IDLE_TIMEOUT_MS);
  await app.register(fastifyCookie, { hook: false });

  const callerOf = createCallerOf({ publicUrl: config.PUBLIC_URL });
  const auth = createAuthClient({ fetch, authUrl: urls.auth, now });
  const sites = createSiteDirectory({
    lookUp: auth.findSite,
    now,
    onFailure: (error) => logger.warn({ err: error }, 'sites cannot be looked up; known ones stay in use'),
  });
  const sessions = createSessionStore({
    records: state.records,
    sealer: createSealer({
      secret: deps.sessionSecret,
      previous: config.GATEWAY_SESSION_SECRET_PREVIOUS,
      randomBytes,
    }),
    now,
    randomBytes,
    idleMs: config.SESSION_IDLE_SECONDS * 1_000,
    absoluteMs: config.SESSION_ABSOLUTE_SECONDS * 1_000,
    mayCache: () => !revocations.status().degraded,
  });
  const cookie = createSessionCookie(app);
  const renewal = createRenewal({ sessions, auth, locks: state.records, now, sleep: deps.sleep });
  const credentials = createSessionCredentials({
    sessions,
    cookie,
    renewal,
    revocations,
    now,
    onError: (error, message) => logger.warn({ err: error }, message),
  });

  const { failures } = measure(app, deps.metrics);
  if (config.RATE_LIMIT) limitRates(app, createLimiter());
  secureOwnAnswers(app);
  registerStartPage(app);
  await registerDocs(
    app,
    createSuiteDocument({
      fetch,
      now,
      urls,
      publicUrl: config.PUBLIC_URL,
      own: () => app.swagger() as OpenApiDocument,
      isPublic: isPublicPath,
    }),
  );
  await registerSessionRoutes(app, { auth, sessions, cookie, credentials, sites, callerOf });
  await registerProxy(app, {
    upstreams: deps.upstreams,
    sites,
    credentials,
    callerOf,
    uuid: deps.uuid,
    maxBodyBytes: config.MAX_BODY_BYTES,
    maxUploadBytes: config.MAX_UPLOAD_BYTES,
    failures,
  });
  return app;

  function createLimiter() {
    return createRateLimiter({
      counters: state.counters,
      now,
      limits: { default: config.RATE_LIMIT_PER_MINUTE, login: config.RATE_LIMIT_LOGIN_PER_MINUTE },
      onFallback: (error) => logger.warn({ err: error }, 'rates are counted by this replica alone'),
    });
  }
}

/** Time for the head of a request, in milliseconds. */
const HEAD_MS = 15_000;

/**
 * An upload of any size may take its time as long as it moves, so the whole request has no limit; its head has, and so
 * has silence. All headers are kept: what Node leaves out silently could be what a service would have refused.
 */
function boundConnections(server: Server, idleMs: number): void {
  server.headersTimeout = HEAD_MS;
  server.requestTimeout = 0;
  server.maxHeadersCount = 0;
  server.setTimeout(idleMs);
}
