import { registerAudit } from '@gaia/audit-log/routes';
import { createService, type Service } from '@gaia/http-service/service';
import { tokenGuard } from '@gaia/token-guard';
import { registerRevocationMetrics, registerVerifierMetrics } from '@gaia/token-guard/metrics';
import { requireRecent, SECRETS_MAX_AGE } from '@gaia/token-guard/requirements';
import type { FastifyInstance } from 'fastify';
import { registerMembers } from './access/member-routes.ts';
import { registerRoles } from './access/role-routes.ts';
import { createRoles } from './access/roles.ts';
import { createAccountExport } from './account-export/account-export.ts';
import { registerAccountExport } from './account-export/routes.ts';
import { createOwnAccount } from './accounts/account.ts';
import { createOwnEmail } from './accounts/account-email.ts';
import { registerEmailChange, registerOwnAccount } from './accounts/account-routes.ts';
import { createForgot } from './accounts/forgot-password.ts';
import { registerMe } from './accounts/me-routes.ts';
import { registerRecovery } from './accounts/recovery-routes.ts';
import { createReset } from './accounts/reset-password.ts';
import { registerUsers } from './accounts/user-routes.ts';
import type { AppDependencies } from './app-dependencies.ts';
import type { Config } from './config.ts';
import { registerErasure } from './erasure/routes.ts';
import { registerKeys } from './keys/admin-routes.ts';
import { registerKeySet } from './keys/routes.ts';
import { createConfirmations } from './login/finalisation.ts';
import { createKnownDevices } from './login/known-devices.ts';
import { createLogin } from './login/login.ts';
import { createRefusedAttempts } from './login/refused-attempts.ts';
import { registerLogin } from './login/routes.ts';
import { registerServiceAccounts } from './oauth/account-routes.ts';
import { createClientAuthentication } from './oauth/client-authentication.ts';
import { createClientCredentials } from './oauth/client-credentials.ts';
import { registerDiscovery } from './oauth/discovery.ts';
import { createFindClient } from './oauth/find-client.ts';
import { createIntrospection } from './oauth/introspect.ts';
import { createRevokeToken } from './oauth/revoke.ts';
import { registerOAuth } from './oauth/routes.ts';
import { registerClientSecrets } from './oauth/secret-routes.ts';
import { createTokenExchange } from './oauth/token-exchange.ts';
import { createParts, type Parts } from './parts.ts';
import { createAcceptance } from './registration/acceptance.ts';
import { registerAcceptance, registerInvitations } from './registration/invitation-routes.ts';
import { createInvitations } from './registration/invitations.ts';
import { createRegister } from './registration/register.ts';
import { registerRegistration } from './registration/routes.ts';
import { createVerification } from './registration/verify.ts';
import { createLogout } from './sessions/logout.ts';
import { createReauthenticate } from './sessions/reauthenticate.ts';
import { registerReauthentication } from './sessions/reauthentication-routes.ts';
import { registerSessions } from './sessions/session-routes.ts';
import { createSwitchSite } from './sessions/switch-site.ts';
import { createOwnSessions } from './sessions/user-sessions.ts';
import { registerHosts, registerSites } from './sites/routes.ts';
import { createHandOverTokens } from './sso/hand-over-tokens.ts';
import { registerHandOver, registerSignOns } from './sso/routes.ts';
import { createSignOns } from './sso/sign-ons.ts';
import { createMint } from './tokens/mint.ts';
import { registerTokens } from './tokens/routes.ts';
import { registerOwnTokens } from './tokens/symmetric-tokens.ts';

/** Largest body that any route here needs, in bytes. */
const BODY_LIMIT = 64 * 1024;

/** The composition root: every feature of the service, registered by hand on what parts.ts has made, which it gives too. */
export async function buildApp(
  config: Config,
  dependencies: AppDependencies,
): Promise<{ readonly app: Service; readonly parts: Parts }> {
  const { logger, metrics, checks, database, state, keyRing, keys, audit, passwords, strength } = dependencies;
  const { cutOffs, issueTimes, now, randomBytes } = dependencies;
  const app = await createService({
    name: 'auth',
    description: 'Users, sites, login, tokens and their keys',
    logger,
    metrics,
    checks,
    trustedProxies: config.TRUSTED_PROXIES,
    bodyLimit: BODY_LIMIT,
  });
  const ownTokens = await registerOwnTokens(app as unknown as FastifyInstance, config.AUTH_REFRESH_SECRET);
  const parts = createParts(config, dependencies, ownTokens);
  const { issuer, randomId, beginFamily, accessTokens, refreshTokens, sessions, jwks, verifier, serviceAccounts } =
    parts;
  const {
    accounts,
    readFacts,
    users,
    sites,
    members,
    requestThrottleOf,
    linkTokens,
    proof,
    outbox,
    measured,
    refresh,
  } = parts;

  const ownEmail = createOwnEmail({
    database,
    linkTokens,
    presentPassword: parts.presentPassword,
    proof,
    throttle: requestThrottleOf('email'),
    outbox,
    audit,
    now,
  });
  const ownAccount = createOwnAccount({
    database,
    families: state.families,
    presentPassword: parts.presentPassword,
    passwords,
    strength,
    cutOffs,
    eraseUser: parts.eraseUser,
    outbox,
    audit,
    now,
  });

  const signOns = createSignOns({
    readFacts,
    families: state.families,
    beginFamily,
    consumeOnce: state.consumeOnce,
    cutOffs,
    handOverTokens: createHandOverTokens({ issuer, keys: jwks, sign: parts.sign, now, randomId }),
    refreshTokens,
    issueTimes,
    sessions,
    sites,
    audit,
    now,
    randomId,
  });

  registerVerifierMetrics(verifier, metrics);
  registerRevocationMetrics(dependencies.revocations, metrics);
  registerKeySet(app, keyRing);
  registerHosts(app, sites);
  registerLogin(app, {
    login: measured.countLogins(
      createLogin({
        accounts,
        passwords,
        sessions,
        throttle: parts.loginThrottle,
        issueTimes,
        devices: createKnownDevices({ database, outbox, log: logger, now }),
        confirm: createConfirmations({ database, now }),
        refusedAttempts: createRefusedAttempts({ records: state.records, audit, now }),
        audit,
      }),
    ),
    refresh,
    logout: createLogout({ cutOffs, refreshTokens, verifyAccessToken: parts.logoutVerifier.verify, audit }),
  });
  registerRecovery(app, {
    forgot: createForgot({ database, outbox, throttle: requestThrottleOf('forgot'), audit }),
    reset: createReset({ database, linkTokens, proof, outbox, audit, now }),
  });
  registerRegistration(app, {
    register: createRegister({
      database,
      throttle: requestThrottleOf('register'),
      outbox,
      audit,
      now,
      randomBytes,
    }),
    verification: createVerification({ database, linkTokens, proof, audit, now }),
  });
  registerAcceptance(app, createAcceptance({ database, linkTokens, proof, cutOffs, audit, now }));
  registerSignOns(app, signOns);
  registerDiscovery(app, issuer);
  await registerOAuth(app, {
    authenticateClient: createClientAuthentication({
      findClient: createFindClient({ database, configured: config.SERVICE_CLIENTS, now }),
      noteUse: parts.clientSecrets.noteUse,
      audiences: [issuer, `${issuer}/oauth/token`],
      state,
      audit,
      now,
    }),
    issueForClient: createClientCredentials({
      accessTokens,
      issueTimes,
      lifetimeSeconds: config.ACCESS_TOKEN_SECONDS,
      audit,
    }),
    exchangeToken: createTokenExchange({
      verifier,
      accessTokens,
      lifetimeSeconds: config.ACCESS_TOKEN_SECONDS,
      audit,
      now,
    }),
    refresh,
    revokeToken: createRevokeToken({ refreshTokens, verifier: parts.anyAudience, cutOffs, audit }),
    introspectToken: createIntrospection({
      refreshTokens,
      verifier: parts.anyAudience,
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
    registerEmailChange(guarded, ownEmail);
    registerUsers(guarded, { users, members });
    registerErasure(guarded, parts.eraseUser);
    const ownSessions = createOwnSessions({ families: state.families, cutOffs, audit, now });
    registerAccountExport(
      guarded,
      createAccountExport({
        database,
        ownSessions,
        callService: parts.callService,
        internalTokens: parts.internalTokens,
        counters: config.RATE_LIMIT ? state.counters : undefined,
        audit,
        publicUrl: config.PUBLIC_URL ?? issuer,
        now,
      }),
    );
    registerSites(guarded, sites);
    registerMembers(guarded, members);
    registerInvitations(
      guarded,
      createInvitations({ database, throttle: requestThrottleOf('invite'), outbox, audit, now, randomBytes }),
    );
    registerRoles(guarded, createRoles({ database, cutOffs, audit, now }));
    registerReauthentication(
      guarded,
      createReauthenticate({
        presentPassword: parts.presentPassword,
        accounts,
        readFacts,
        families: state.families,
        beginFamily,
        cutOffs,
        sessions,
        issueTimes,
        audit,
        now,
        randomId,
      }),
    );
    registerSessions(guarded, {
      ownSessions,
      switchSite: createSwitchSite({
        readFacts,
        families: state.families,
        sessions,
        refreshTokens,
        refresh,
        issueTimes,
        audit,
        now,
      }),
    });
    registerTokens(guarded, createMint({ accounts, readFacts, accessTokens, issueTimes, audit }));
    registerKeys(guarded, keys);
    const recent = requireRecent({ maxAge: SECRETS_MAX_AGE, now });
    registerServiceAccounts(guarded, serviceAccounts, recent);
    registerClientSecrets(guarded, parts.clientSecrets, recent);
    registerAudit(guarded, '/auth/audit', { database });
  });
  const workers = [parts.mailWorker, parts.erasureWorker];
  app.addHook('onReady', async () => {
    for (const worker of workers) worker.start();
  });
  app.addHook('preClose', async () => {
    await Promise.all(workers.map((worker) => worker.stop()));
  });
  return { app, parts };
}
