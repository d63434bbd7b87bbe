import type { HealthCheck } from '@gaia/http-service/health';
import type { Logger } from '@gaia/http-service/logger';
import { createService, type Service } from '@gaia/http-service/service';
import type { State } from '@gaia/state/state';
import { tokenGuard } from '@gaia/token-guard';
import type { Revocations } from '@gaia/token-guard/revocations';
import { createVerifier } from '@gaia/token-guard/verifier';
import type { Kysely } from 'kysely';
import type { Registry } from 'prom-client';
import type { Config } from './config.ts';
import type { AuthTables } from './database.ts';
import { createLogout } from './families/logout.ts';
import { createRefresh } from './families/refresh.ts';
import { createSessions } from './families/sessions.ts';
import type { KeyRing } from './keys/key-ring.ts';
import { ownKeySource } from './keys/own-key-source.ts';
import { registerKeySet } from './keys/routes.ts';
import { createLogin } from './login/login.ts';
import { registerLogin } from './login/routes.ts';
import { createLoginThrottle, noThrottle } from './login/throttle.ts';
import { createMembers } from './members/members.ts';
import { registerMembers } from './members/routes.ts';
import { createClientCredentials } from './oauth/client-credentials.ts';
import { registerOAuth } from './oauth/routes.ts';
import type { Passwords } from './passwords/passwords.ts';
import type { CutOffs } from './revocation/cut-offs.ts';
import { registerHosts, registerSites } from './sites/routes.ts';
import { createSites } from './sites/sites.ts';
import { createAccessTokens } from './tokens/access-tokens.ts';
import type { IssueTimes } from './tokens/issue-times.ts';
import { createRefreshTokens } from './tokens/refresh-tokens.ts';
import { createAccounts } from './users/accounts.ts';
import { registerMe } from './users/me-routes.ts';
import { registerUsers } from './users/routes.ts';
import { createUsers } from './users/users.ts';

/** What start() has opened. */
export interface AppDependencies {
  readonly logger: Logger;
  readonly metrics: Registry;
  readonly checks: readonly HealthCheck[];
  readonly database: Kysely<AuthTables>;
  readonly state: State;
  readonly keyRing: KeyRing;
  readonly passwords: Passwords;
  readonly cutOffs: CutOffs;
  readonly issueTimes: IssueTimes;
  readonly revocations: Revocations;
  now(): number;
  randomBytes(size: number): Buffer;
}

/** Largest body that any route here needs, in bytes. */
const BODY_LIMIT = 64 * 1024;

/** The composition root: every part of the service, put together by hand. */
export async function buildApp(config: Config, dependencies: AppDependencies): Promise<Service> {
  const { logger, metrics, checks, database, state, keyRing, passwords, cutOffs, issueTimes, now } = dependencies;
  const issuer = config.GAIA_ISSUER;
  const idleMs = config.REFRESH_IDLE_SECONDS * 1_000;
  const randomId = () => dependencies.randomBytes(16).toString('base64url');

  const accessTokens = createAccessTokens({
    issuer,
    lifetimeSeconds: config.ACCESS_TOKEN_SECONDS,
    signing: keyRing.signing,
    randomId,
  });
  const refreshTokens = createRefreshTokens({ issuer, secret: config.AUTH_REFRESH_SECRET, idleMs, now });
  const sessions = createSessions({
    families: state.families,
    accessTokens,
    refreshTokens,
    idleMs,
    absoluteMs: config.REFRESH_ABSOLUTE_SECONDS * 1_000,
    now,
    randomId,
  });
  const jwks = ownKeySource(keyRing);
  const verifier = createVerifier({ issuers: [{ issuer, jwks, revocations: dependencies.revocations }], now });
  // Logging out twice is no error, so revoked tokens are good enough for it.
  const logoutVerifier = createVerifier({ issuers: [{ issuer, jwks }], now });

  const accounts = createAccounts(database);
  const users = createUsers({ database, passwords, cutOffs, now, randomBytes: dependencies.randomBytes });
  const sites = createSites({ database, now });
  const members = createMembers({ database, cutOffs, now });
  const throttle = config.RATE_LIMIT ? createLoginThrottle({ counters: state.counters, now }) : noThrottle;

  const app = await createService({
    name: 'auth',
    description: 'Users, sites, login, tokens and their keys',
    logger,
    metrics,
    checks,
    trustedProxies: config.TRUSTED_PROXIES,
    bodyLimit: BODY_LIMIT,
  });
  registerKeySet(app, keyRing);
  registerHosts(app, sites);
  registerLogin(app, {
    login: createLogin({ accounts, passwords, sessions, throttle, issueTimes }),
    refresh: createRefresh({
      accounts,
      families: state.families,
      refreshTokens,
      sessions,
      cutOffs,
      issueTimes,
      graceMs: config.REFRESH_GRACE_SECONDS * 1_000,
      idleMs,
      now,
      onReuse: (event) => logger.warn(event, 'a refresh token was used twice; its session has ended'),
    }),
    logout: createLogout({ cutOffs, refreshTokens, verifyAccessToken: logoutVerifier.verify }),
  });
  await registerOAuth(app, {
    clients: config.SERVICE_CLIENTS,
    issueForClient: createClientCredentials({ accessTokens, issueTimes }),
  });
  await app.register(async (plain) => {
    await plain.register(tokenGuard, { guard: { verifier } });
    const guarded = plain as unknown as Service;
    registerMe(guarded, { users, members });
    registerUsers(guarded, { users, members });
    registerSites(guarded, sites);
    registerMembers(guarded, members);
  });
  return app;
}
