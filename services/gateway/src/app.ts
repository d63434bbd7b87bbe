import fastifyCookie from '@fastify/cookie';
import type { Logger } from '@gaia/http-service/logger';
import { createService, type Service } from '@gaia/http-service/service';
import type { KeySource } from '@gaia/jwt/signature';
import type { State } from '@gaia/state/state';
import type { Revocations } from '@gaia/token-guard/revocations';
import { createVerifier } from '@gaia/token-guard/verifier';
import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import { createCallerOf } from './caller/caller.ts';
import { createLanguageChoice } from './caller/language-choice.ts';
import type { Config } from './config.ts';
import { admitFrontEnds, answerPreflights } from './cors/hooks.ts';
import { createOpenStreams } from './credentials/open-streams.ts';
import { createSessionCredentials } from './credentials/session-credentials.ts';
import type { OpenApiDocument } from './docs/merge.ts';
import { isPublicPath } from './docs/public-paths.ts';
import { registerDocs } from './docs/routes.ts';
import { createSuiteDocument } from './docs/suite-document.ts';
import { registerForwardAuth } from './forward-auth/routes.ts';
import { createChecks } from './health/checks.ts';
import { createBearerSubject, knownKeys } from './limits/bearer-subject.ts';
import { limitBodyTime } from './limits/body-deadline.ts';
import { limitConnections } from './limits/connections.ts';
import { drainBeforeClosing } from './limits/drain.ts';
import { createUserLimit, limitRates } from './limits/rate-limit-hook.ts';
import { createRateLimiter } from './limits/rate-limiter.ts';
import { measure } from './metrics/metrics.ts';
import { createDesk } from './pages/desk.ts';
import { createFormTokens } from './pages/form-tokens.ts';
import { registerPages } from './pages/routes.ts';
import { requireHttps, secureOwnAnswers } from './pages/security-headers.ts';
import { registerStartPage } from './pages/start-page.ts';
import { registerProxy } from './proxy/routes.ts';
import { takeUpgrades } from './proxy/web-socket.ts';
import { createAuthClient } from './sessions/auth-client.ts';
import { givenUpIds } from './sessions/given-up-ids.ts';
import { createRenewal } from './sessions/renewal.ts';
import { registerSessionRoutes } from './sessions/routes.ts';
import { createSessionCookie } from './sessions/session-cookie.ts';
import { createSessionSecrets } from './sessions/session-secrets.ts';
import { createSessionStore } from './sessions/session-store.ts';
import { createSignIns } from './sessions/sign-ins.ts';
import { createSiteDirectory } from './sites/site-directory.ts';
import { createPendingSignOns } from './sso/pending-sign-ons.ts';
import { registerSso } from './sso/routes.ts';
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
  limitConnections(app.server, {
    most: config.MAX_CONNECTIONS,
    mostOfAddress: config.TRUSTED_PROXIES.length > 0 ? undefined : config.MAX_CONNECTIONS_PER_ADDRESS,
    idleMs: config.CLIENT_IDLE_TIMEOUT_MS,
  });
  const bare = app as unknown as FastifyInstance;
  drainBeforeClosing(bare, app.server, { longestMs: config.DRAIN_MS, sleep: deps.sleep });
  limitBodyTime(app);
  await app.register(fastifyCookie, { hook: false });

  const verifierWith = (jwks: KeySource) =>
    createVerifier({ issuers: [{ issuer: config.GAIA_ISSUER, jwks, revocations }], now });
  const callerOf = createCallerOf({ publicUrl: config.PUBLIC_URL });
  const auth = createAuthClient({ fetch, authUrl: urls.auth, publicUrl: config.PUBLIC_URL, now });
  const sites = createSiteDirectory({
    lookUp: auth.findSite,
    now,
    onFailure: (error) => logger.warn({ err: error }, 'sites cannot be looked up; known ones stay in use'),
  });
  const { sealer, digest } = createSessionSecrets({
    secret: deps.sessionSecret,
    previous: config.GATEWAY_SESSION_SECRET_PREVIOUS,
    randomBytes,
  });
  const sessions = createSessionStore({
    records: state.records,
    sealer,
    digest,
    now,
    randomBytes,
    idleMs: config.SESSION_IDLE_SECONDS * 1_000,
    rememberedIdleMs: Math.max(config.SESSION_IDLE_SECONDS, config.SESSION_REMEMBERED_IDLE_SECONDS) * 1_000,
    absoluteMs: config.SESSION_ABSOLUTE_SECONDS * 1_000,
    mayCache: () => !revocations.status().degraded,
    ...givenUpIds({ feed: state.revocations, revocations, now }),
  });
  const cookie = createSessionCookie(app, now);
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
  admitFrontEnds(app, { sites, callerOf });
  const limiter = config.RATE_LIMIT ? createLimiter() : undefined;
  if (limiter !== undefined) limitRates(app, limiter);
  answerPreflights(app, { sites, callerOf });
  secureOwnAnswers(app);
  if (config.PUBLIC_URL.startsWith('https:')) requireHttps(app);
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
  const languageChoice = createLanguageChoice(app);
  const signIns = createSignIns({ languageChoice, auth, sessions, cookie, renewal, credentials });
  await registerSessionRoutes(app, { auth, sessions, cookie, signIns, sites, callerOf });
  const formTokens = createFormTokens({ codec: app, digest, randomBytes });
  const people = {
    auth,
    signIns,
    sites,
    cookie,
    formTokens,
    desk: createDesk({ languageChoice, sites, formTokens, callerOf }),
    callerOf,
    centralOrigin: new URL(config.PUBLIC_URL).origin,
    now,
  };
  const sso = {
    ...people,
    pending: createPendingSignOns({ codec: app, randomBytes }),
    consumeOnce: state.consumeOnce,
    keys: deps.keys,
    issuer: config.GAIA_ISSUER,
  };
  await registerPages(app, people, (scope) => registerSso(scope, sso));
  if (config.FORWARD_AUTH_SECRET !== undefined) {
    registerForwardAuth(app, {
      secret: config.FORWARD_AUTH_SECRET,
      credentials,
      verifier: verifierWith(deps.keys),
      sites,
      callerOf,
    });
  }
  await registerProxy(app, {
    upstreams: deps.upstreams,
    sites,
    credentials,
    callerOf,
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
  });
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
