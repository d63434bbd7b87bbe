import type { Fetch } from '@gaia/http-client/bounded-fetch';
import type { Logger } from '@gaia/http-service/logger';
import type { OpenApiDocument } from '@gaia/http-service/openapi/document';
import { createService, type Service } from '@gaia/http-service/service';
import type { KeySource } from '@gaia/jwt/signature';
import type { State } from '@gaia/state/state';
import type { Revocations } from '@gaia/token-guard/revocations';
import { createVerifier } from '@gaia/token-guard/verifier';
import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import { createAuthClient } from './auth-client/auth-client.ts';
import { registerBrowserScope } from './browser-scope.ts';
import { createClientInfoOf } from './client/client-info.ts';
import { constrainByCredential } from './client/credential-constraint.ts';
import type { Config } from './config.ts';
import { createCookieSettings } from './cookies/cookie-settings.ts';
import { allowOrigins, answerPreflights } from './cors/hooks.ts';
import { createOpenStreams } from './credentials/open-streams.ts';
import { publicRoute } from './docs/public-paths.ts';
import { registerDocs } from './docs/routes.ts';
import { createSuiteDocument } from './docs/suite-document.ts';
import { registerBearerForwardAuth } from './forward-auth/routes.ts';
import { createChecks } from './health/checks.ts';
import { createBearerSubject, knownKeys } from './limits/bearer-subject.ts';
import { limitBodyTime } from './limits/body-deadline.ts';
import { limitConnections } from './limits/connections.ts';
import { drainBeforeClosing } from './limits/drain.ts';
import { createUserLimit, limitRates } from './limits/rate-limit-hook.ts';
import { createRateLimiter } from './limits/rate-limiter.ts';
import { measure } from './metrics/metrics.ts';
import { requireHttps, secureOwnAnswers } from './pages/security-headers.ts';
import { registerStartPage } from './pages/start-page.ts';
import { type ProxyOptions, registerProxy } from './proxy/routes.ts';
import { takeUpgrades } from './proxy/web-socket.ts';
import { sessionSchemes } from './sessions/session-security.ts';
import { createSites } from './sites/sites.ts';
import type { Upstreams, UpstreamUrls } from './upstreams/pools.ts';

export interface AppDeps {
  readonly logger: Logger;
  readonly metrics: Registry;
  readonly state: State;
  readonly revocations: Pick<Revocations, 'reasonToRefuse' | 'status'>;
  readonly keys: KeySource;
  readonly upstreams: Upstreams;
  readonly urls: UpstreamUrls;
  /** Seals sessions at rest. */
  readonly sessionSecret: string;
  readonly fetch: Fetch;
  readonly now: () => number;
  readonly randomBytes: (size: number) => Buffer;
  readonly uuid: () => string;
  readonly sleep: (ms: number) => Promise<void>;
}

/** The gateway: the only public port. Throws nothing; needs all of `deps` open, and leaves them open when it closes. */
export async function buildApp(config: Config, deps: AppDeps): Promise<Service> {
  const { logger, state, revocations, now, fetch, urls } = deps;
  const app = await createService({
    name: 'gateway',
    description: 'Routing, browser sessions, rate limits and the documentation of the suite',
    logger,
    metrics: deps.metrics,
    checks: createChecks({ fetch, now, urls, state, revocations }),
    trustedProxies: config.TRUSTED_PROXIES,
    bodyLimit: config.MAX_BODY_BYTES,
    serveMetrics: false,
    securitySchemes: sessionSchemes(createCookieSettings(config.PUBLIC_URL).nameOf('gaia')),
  });
  limitConnections(app.server, {
    most: config.MAX_CONNECTIONS,
    mostOfAddress: config.TRUSTED_PROXIES.length > 0 ? undefined : config.MAX_CONNECTIONS_PER_ADDRESS,
    idleMs: config.CLIENT_IDLE_TIMEOUT_MS,
  });
  const bare = app as unknown as FastifyInstance;
  drainBeforeClosing(bare, app.server, { longestMs: config.DRAIN_MS, sleep: deps.sleep });
  limitBodyTime(app);
  constrainByCredential(bare);

  const verifierWith = (jwks: KeySource) =>
    createVerifier({ issuers: [{ issuer: config.GAIA_ISSUER, jwks, revocations }], now });
  const clientInfoOf = createClientInfoOf({ publicUrl: config.PUBLIC_URL });
  const auth = createAuthClient({ fetch, authUrl: urls.auth, publicUrl: config.PUBLIC_URL, now });
  const sites = createSites({
    lookUp: auth.findSite,
    now,
    onFailure: (error) => logger.warn({ err: error }, 'sites cannot be looked up; known ones stay in use'),
  });

  const { failures } = measure(app, deps.metrics);
  allowOrigins(app, { sites, clientInfoOf });
  const limiter = config.RATE_LIMIT ? createLimiter() : undefined;
  if (limiter !== undefined) limitRates(app, limiter);
  answerPreflights(app, { sites, clientInfoOf });
  secureOwnAnswers(app);
  if (config.PUBLIC_URL.startsWith('https:')) requireHttps(app);
  registerStartPage(app);
  await registerDocs(
    app,
    createSuiteDocument({
      fetch,
      now,
      urls,
      own: () => app.swagger() as unknown as OpenApiDocument,
      publicRoute,
    }),
  );

  const proxy: ProxyOptions = {
    upstreams: deps.upstreams,
    sites,
    clientInfoOf,
    uuid: deps.uuid,
    maxBodyBytes: config.MAX_BODY_BYTES,
    maxUploadBytes: config.MAX_UPLOAD_BYTES,
    failures,
    upgrades: takeUpgrades(bare, app.server),
    openStreams: createOpenStreams({ revocations, now }),
    isDraining: bare.shutdown.isDraining,
    limitUser: limiter && createUserLimit(limiter),
    subjectOf: createBearerSubject(verifierWith(knownKeys(deps.keys))),
    now,
  };
  // Two scopes for requests: with an Authorization header, where no session is opened, and without.
  await registerProxy(app, proxy);
  if (config.FORWARD_AUTH_SECRET !== undefined) {
    const verifier = verifierWith(deps.keys);
    registerBearerForwardAuth(bare, { secret: config.FORWARD_AUTH_SECRET, verifier, sites, clientInfoOf });
  }
  await bare.register(registerBrowserScope, { config, deps, auth, sites, clientInfoOf, proxy });
  return app;

  function createLimiter() {
    return createRateLimiter({
      counters: state.counters,
      now,
      limits: {
        read: config.RATE_LIMIT_PER_MINUTE,
        write: config.RATE_LIMIT_WRITES_PER_MINUTE,
        upload: config.RATE_LIMIT_UPLOADS_PER_MINUTE,
        login: config.RATE_LIMIT_LOGIN_PER_MINUTE,
      },
      onFallback: (error) => logger.warn({ err: error }, 'rates are counted by this replica alone'),
    });
  }
}
