import type { Service } from '@gaia/http-service/service';
import type { KeySource } from '@gaia/jwt/signature';
import type { State } from '@gaia/state/state';
import type { Revocations } from '@gaia/token-guard/revocations';
import type { FastifyInstance } from 'fastify';
import type { AuthClient } from './auth-client/auth-client.ts';
import type { ClientInfoOf } from './client/client-info.ts';
import type { Config } from './config.ts';
import { createCookieSettings } from './cookies/cookie-settings.ts';
import { createLanguageChoice } from './cookies/language-choice.ts';
import { createSessionCredentials } from './credentials/session-credentials.ts';
import { requireCsrfTokens } from './csrf/session-csrf-hook.ts';
import { registerBrowserForwardAuth } from './forward-auth/routes.ts';
import { createPageRenderer } from './pages/page-renderer.ts';
import { registerPages } from './pages/routes.ts';
import { type ProxyOptions, registerProxy } from './proxy/routes.ts';
import { createBrowserSessions } from './sessions/browser-sessions.ts';
import { createRevokedSessionIds } from './sessions/revoked-session-ids.ts';
import { registerSessionRoutes } from './sessions/routes.ts';
import { openSessions } from './sessions/session-plugin.ts';
import { createSessionRecords } from './sessions/session-records.ts';
import { createSessionSecrets } from './sessions/session-secrets.ts';
import { createTokenRecords } from './sessions/token-records.ts';
import { createTokenRefresh } from './sessions/token-refresh.ts';
import type { Sites } from './sites/sites.ts';
import { createPendingSignOns } from './sso/pending-sign-ons.ts';
import { registerSso } from './sso/routes.ts';

export interface BrowserScopeOptions {
  readonly config: Config;
  readonly deps: {
    readonly state: State;
    readonly revocations: Pick<Revocations, 'reasonToRefuse' | 'status'>;
    readonly keys: KeySource;
    /** Seals sessions at rest. */
    readonly sessionSecret: string;
    readonly now: () => number;
    readonly randomBytes: (size: number) => Buffer;
    readonly sleep: (ms: number) => Promise<void>;
  };
  readonly auth: AuthClient;
  readonly sites: Sites;
  readonly clientInfoOf: ClientInfoOf;
  readonly proxy: ProxyOptions;
}

/** What browsers use without an Authorization header: pages, sign-on, `/session`, and the services by way of a session. */
export async function registerBrowserScope(scope: FastifyInstance, options: BrowserScopeOptions): Promise<void> {
  const { config, deps, auth, sites, clientInfoOf } = options;
  const { state, revocations, now, randomBytes } = deps;
  const cookies = createCookieSettings(config.PUBLIC_URL);
  const languageChoice = createLanguageChoice(cookies);
  const secrets = createSessionSecrets({
    secret: deps.sessionSecret,
    previous: config.GATEWAY_SESSION_SECRET_PREVIOUS,
    randomBytes,
  });
  const stored = { records: state.records, now, mayCache: () => !revocations.status().degraded };
  const sessionRecords = createSessionRecords({
    ...stored,
    sealer: secrets.sessionSealer,
    revokedIds: createRevokedSessionIds({ feed: state.revocations, revocations, now }),
    idleMs: config.SESSION_IDLE_SECONDS * 1_000,
    rememberedIdleMs: Math.max(config.SESSION_IDLE_SECONDS, config.SESSION_REMEMBERED_IDLE_SECONDS) * 1_000,
  });
  const tokenRecords = createTokenRecords({ ...stored, sealer: secrets.tokenSealer, randomBytes });
  const tokenRefresh = createTokenRefresh({ tokenRecords, auth, locks: state.records, now, sleep: deps.sleep });
  const { cookieSecrets } = secrets;
  const requestSessions = await openSessions(scope, { sessionRecords, cookies, cookieSecrets, randomBytes });
  const absoluteMs = config.SESSION_ABSOLUTE_SECONDS * 1_000;
  const sessions = createBrowserSessions({
    auth,
    requestSessions,
    sessionRecords,
    tokenRecords,
    tokenRefresh,
    revocations,
    clientInfoOf,
    languageChoice,
    absoluteMs,
    now,
  });

  // What programs and scripts of pages use: the session's CSRF token in a header.
  await scope.register(async (api) => {
    const hasSession: Parameters<typeof requireCsrfTokens>[1]['hasSession'] = async (request) =>
      (await sessions.find(request)) !== undefined;
    await requireCsrfTokens(api, { hasSession, clientInfoOf });
    await registerSessionRoutes(api as unknown as Service, { auth, sessions, cookies, sites, clientInfoOf });
    const credentials = createSessionCredentials({ sessions, requestSessions, now });
    if (config.FORWARD_AUTH_SECRET !== undefined) {
      registerBrowserForwardAuth(api, { secret: config.FORWARD_AUTH_SECRET, credentials, sites, clientInfoOf });
    }
    await registerProxy(api, options.proxy, credentials);
  });

  // What people see: forms with a token of their own, which needs no session.
  await scope.register(async (forPeople) => {
    const pages = createPageRenderer({ languageChoice, sites, clientInfoOf });
    const centralOrigin = new URL(config.PUBLIC_URL).origin;
    const shared = { pages, auth, sessions, sites, cookies, clientInfoOf, centralOrigin };
    await registerPages(forPeople, shared);
    registerSso(forPeople as unknown as Service, {
      ...shared,
      pending: createPendingSignOns({ cookies, randomBytes }),
      consumeOnce: state.consumeOnce,
      keys: deps.keys,
      issuer: config.GAIA_ISSUER,
      now,
    });
  });
}
