import type { HealthCheck } from '@gaia/http-service/health';
import type { Logger } from '@gaia/http-service/logger';
import { createService, type Service } from '@gaia/http-service/service';
import type { State } from '@gaia/state/state';
import { tokenGuard } from '@gaia/token-guard';
import type { Revocations } from '@gaia/token-guard/revocations';
import { createVerifier } from '@gaia/token-guard/verifier';
import { SUITE_AUDIENCE } from '@gaia/tokens/purposes';
import type { Kysely } from 'kysely';
import type { Registry } from 'prom-client';
import type { Audit } from './audit/audit.ts';
import { createAuditLog } from './audit/audit-log.ts';
import { registerAudit } from './audit/routes.ts';
import type { Config } from './config.ts';
import type { AuthTables } from './database.ts';
import { createLogout } from './families/logout.ts';
import { createOwnSessions } from './families/own-sessions.ts';
import { createRefresh } from './families/refresh.ts';
import { registerSessions } from './families/routes.ts';
import { createSessions } from './families/sessions.ts';
import { createSwitchSite } from './families/switch-site.ts';
import { createAcceptance } from './invitations/acceptance.ts';
import { createInvitations } from './invitations/invitations.ts';
import { registerAcceptance, registerInvitations } from './invitations/routes.ts';
import { registerKeys } from './keys/admin-routes.ts';
import type { KeyRing } from './keys/key-ring.ts';
import type { Keys } from './keys/keys.ts';
import { ownKeySource } from './keys/own-key-source.ts';
import { registerKeySet } from './keys/routes.ts';
import { createKnownDevices } from './login/known-devices.ts';
import { createLogin } from './login/login.ts';
import { createRefusedAttempts } from './login/refused-attempts.ts';
import { createRequestThrottle, noRequestThrottle } from './login/request-throttle.ts';
import { registerLogin } from './login/routes.ts';
import { createLoginThrottle, noThrottle } from './login/throttle.ts';
import { createCompose } from './mail/compose.ts';
import { mailOutcomes } from './mail/mail-metrics.ts';
import { createOutbox } from './mail/outbox.ts';
import { createMailQueue } from './mail/queue.ts';
import { createSiteLinks } from './mail/site-links.ts';
import type { MailTransport } from './mail/transport.ts';
import { createMailWorker } from './mail/worker.ts';
import { createMembers } from './members/members.ts';
import { registerMembers } from './members/routes.ts';
import { registerServiceAccounts } from './oauth/account-routes.ts';
import { createClientAuthentication } from './oauth/client-authentication.ts';
import { createClientCredentials } from './oauth/client-credentials.ts';
import { registerDiscovery } from './oauth/discovery.ts';
import { createIntrospection } from './oauth/introspect.ts';
import { createRevokeToken } from './oauth/revoke.ts';
import { registerOAuth } from './oauth/routes.ts';
import { createServiceAccounts } from './oauth/service-accounts.ts';
import { createTokenExchange, serviceAudiences } from './oauth/token-exchange.ts';
import type { Passwords } from './passwords/passwords.ts';
import type { PasswordStrength } from './passwords/strength.ts';
import { createForgot } from './recovery/forgot.ts';
import { createLinkTokens } from './recovery/link-tokens.ts';
import { createReset } from './recovery/reset.ts';
import { registerRecovery } from './recovery/routes.ts';
import { createRegister } from './registration/register.ts';
import { registerRegistration } from './registration/routes.ts';
import { createVerify } from './registration/verify.ts';
import type { CutOffs } from './revocation/cut-offs.ts';
import { createRoles } from './roles/roles.ts';
import { registerRoles } from './roles/routes.ts';
import { registerHosts, registerSites } from './sites/routes.ts';
import { createSites } from './sites/sites.ts';
import { createHandOverTokens } from './sso/hand-over-tokens.ts';
import { registerHandOver, registerSignOns } from './sso/routes.ts';
import { createSignOns } from './sso/sign-ons.ts';
import { createFindSiteAtHost } from './sso/site-origin.ts';
import { createAccessTokens } from './tokens/access-tokens.ts';
import type { IssueTimes } from './tokens/issue-times.ts';
import { jitteredLifetime } from './tokens/jitter.ts';
import { createMint } from './tokens/mint.ts';
import { createRefreshTokens } from './tokens/refresh-tokens.ts';
import { registerTokens } from './tokens/routes.ts';
import { createAccounts } from './users/accounts.ts';
import { registerMe } from './users/me-routes.ts';
import { createOwnAccount } from './users/own-account.ts';
import { createOwnEmail } from './users/own-email.ts';
import { registerEmailChange, registerOwnAccount } from './users/own-routes.ts';
import { createPresentPassword } from './users/present-password.ts';
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
  readonly keys: Keys;
  readonly audit: Audit;
  readonly passwords: Passwords;
  readonly strength: PasswordStrength;
  readonly mailTransport: MailTransport;
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
  const { logger, metrics, checks, database, state, keyRing, keys, audit, passwords, cutOffs, issueTimes, now } =
    dependencies;
  const { strength, randomBytes } = dependencies;
  const publicUrl = config.PUBLIC_URL ?? config.GAIA_ISSUER;
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
  const jwks = ownKeySource(keyRing, { reload: keys.reload, now });
  const verifier = createVerifier({
    issuers: [{ issuer, jwks, revocations: dependencies.revocations }],
    audience: [SUITE_AUDIENCE, 'auth'],
    now,
  });
  // Logging out twice is no error, so revoked tokens are good enough for it.
  const logoutVerifier = createVerifier({ issuers: [{ issuer, jwks }], now });

  const anyAudience = createVerifier({
    issuers: [{ issuer, jwks, revocations: dependencies.revocations }],
    audience: [SUITE_AUDIENCE, ...serviceAudiences],
    now,
  });

  const serviceAccounts = createServiceAccounts({
    database,
    configured: config.SERVICE_CLIENTS,
    cutOffs,
    audit,
    now,
    randomBytes: dependencies.randomBytes,
  });
  const { findClient } = serviceAccounts;
  const accounts = createAccounts(database);
  const users = createUsers({
    database,
    passwords,
    strength,
    cutOffs,
    audit,
    now,
    randomBytes: dependencies.randomBytes,
  });
  const sites = createSites({ database, audit, publicUrl, now });
  const members = createMembers({ database, cutOffs, audit, now });
  const throttleOf = (purpose: string) =>
    config.RATE_LIMIT ? createLoginThrottle({ state, now, purpose }) : noThrottle;
  const requestThrottleOf = (purpose: string) =>
    config.RATE_LIMIT ? createRequestThrottle({ counters: state.counters, now, purpose }) : noRequestThrottle;

  const linkTokens = createLinkTokens({ issuer, keyRing, secret: config.AUTH_REFRESH_SECRET, now, randomId });
  const mailWorker = createMailWorker({
    queue: createMailQueue({ database, now, random: Math.random }),
    transport: dependencies.mailTransport,
    compose: createCompose({
      database,
      linkTokens,
      siteLinks: createSiteLinks(database, publicUrl),
      from: config.MAIL_FROM ?? `no-reply@${new URL(publicUrl).hostname}`,
      now,
    }),
    log: logger,
    onOutcome: mailOutcomes(metrics),
  });
  const outbox = createOutbox({ wake: mailWorker.wake, now, randomBytes });
  const presentPassword = createPresentPassword({ database, passwords, throttle: throttleOf('password'), audit });
  const ownEmail = createOwnEmail({
    database,
    linkTokens,
    presentPassword,
    throttle: requestThrottleOf('email'),
    outbox,
    audit,
    now,
  });
  const ownAccount = createOwnAccount({
    database,
    families: state.families,
    presentPassword,
    passwords,
    strength,
    cutOffs,
    outbox,
    audit,
    now,
  });

  const signOns = createSignOns({
    accounts,
    families: state.families,
    consumeOnce: state.consumeOnce,
    cutOffs,
    handOverTokens: createHandOverTokens({ issuer, keys: jwks, signing: keyRing.signing, now, randomId }),
    refreshTokens,
    issueTimes,
    sessions,
    findSiteAtHost: createFindSiteAtHost({ database, publicUrl: config.PUBLIC_URL ?? issuer }),
    idleMs,
    now,
    randomId,
  });

  const refresh = createRefresh({
    accounts,
    families: state.families,
    refreshTokens,
    sessions,
    cutOffs,
    issueTimes,
    graceMs: config.REFRESH_GRACE_SECONDS * 1_000,
    idleMs,
    audit,
    lifetimeSeconds: jitteredLifetime(
      config.ACCESS_TOKEN_SECONDS,
      config.ACCESS_TOKEN_JITTER,
      dependencies.randomBytes,
    ),
    now,
    onReuse: (event) => logger.warn(event, 'a refresh token was used twice; its session has ended'),
  });

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
    login: createLogin({
      accounts,
      passwords,
      sessions,
      throttle: throttleOf('login'),
      issueTimes,
      devices: createKnownDevices({ database, outbox, log: logger, now }),
      refusedAttempts: createRefusedAttempts({ records: state.records, audit, now }),
      audit,
      endSessionsOf: cutOffs.endAllSessions,
    }),
    refresh,
    logout: createLogout({ cutOffs, refreshTokens, verifyAccessToken: logoutVerifier.verify, audit }),
  });
  registerRecovery(app, {
    forgot: createForgot({ database, outbox, throttle: requestThrottleOf('forgot'), audit }),
    reset: createReset({ database, linkTokens, passwords, strength, cutOffs, outbox, audit, now }),
  });
  registerRegistration(app, {
    register: createRegister({
      database,
      passwords,
      strength,
      throttle: requestThrottleOf('register'),
      outbox,
      audit,
      now,
      randomBytes,
    }),
    verify: createVerify({ database, linkTokens, audit, now, randomBytes }),
  });
  registerAcceptance(app, createAcceptance({ database, linkTokens, passwords, strength, audit, now, randomBytes }));
  registerEmailChange(app, ownEmail);
  registerSignOns(app, signOns);
  registerDiscovery(app, issuer);
  await registerOAuth(app, {
    authenticateClient: createClientAuthentication({
      findClient,
      audiences: [issuer, `${issuer}/oauth/token`],
      state,
      audit,
      now,
    }),
    issueForClient: createClientCredentials({ findClient, accessTokens, issueTimes, audit }),
    exchangeToken: createTokenExchange({
      verifier,
      accessTokens,
      lifetimeSeconds: config.ACCESS_TOKEN_SECONDS,
      audit,
      now,
    }),
    refresh,
    revokeToken: createRevokeToken({ refreshTokens, verifier: anyAudience, cutOffs, audit }),
    introspectToken: createIntrospection({
      refreshTokens,
      verifier: anyAudience,
      families: state.families,
      issuer,
      now,
    }),
  });
  await app.register(async (plain) => {
    await plain.register(tokenGuard, { guard: { verifier } });
    const guarded = plain as unknown as Service;
    registerHandOver(guarded, signOns);
    registerMe(guarded, { users, members });
    registerOwnAccount(guarded, ownAccount, ownEmail);
    registerUsers(guarded, { users, members });
    registerSites(guarded, sites);
    registerMembers(guarded, members);
    registerInvitations(
      guarded,
      createInvitations({ database, throttle: requestThrottleOf('invite'), outbox, audit, now, randomBytes }),
    );
    registerRoles(guarded, createRoles({ database, cutOffs, audit, now }));
    registerSessions(guarded, {
      ownSessions: createOwnSessions({ families: state.families, cutOffs, audit, now }),
      switchSite: createSwitchSite({
        accounts,
        families: state.families,
        sessions,
        refreshTokens,
        refresh,
        issueTimes,
        audit,
        now,
      }),
    });
    registerTokens(guarded, createMint({ accounts, accessTokens, issueTimes, audit }));
    registerKeys(guarded, keys);
    registerServiceAccounts(guarded, serviceAccounts);
    registerAudit(guarded, { auditLog: createAuditLog(database), database });
  });
  app.addHook('onReady', async () => mailWorker.start());
  app.addHook('preClose', () => mailWorker.stop());
  return app;
}
