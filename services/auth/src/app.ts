import { registerAudit } from '@gaia/audit-log/routes';
import { createService, type Service } from '@gaia/http-service/service';
import { tokenGuard } from '@gaia/token-guard';
import { registerRevocationMetrics, registerVerifierMetrics } from '@gaia/token-guard/metrics';
import { requireRecent, SECRETS_MAX_AGE } from '@gaia/token-guard/requirements';
import { SUITE_AUDIENCE } from '@gaia/tokens/purposes';
import type { FastifyInstance } from 'fastify';
import { createReadFacts } from './access/account-facts.ts';
import { registerMembers } from './access/member-routes.ts';
import { createMembers } from './access/members.ts';
import { registerRoles } from './access/role-routes.ts';
import { createRoles } from './access/roles.ts';
import { createAccountExport } from './account-export/account-export.ts';
import { registerAccountExport } from './account-export/routes.ts';
import { createAccounts } from './accounts/accounts.ts';
import { registerMe } from './accounts/me-routes.ts';
import { registerRecovery } from './accounts/recovery-routes.ts';
import { registerEmailChange, registerSelfService } from './accounts/self-service-routes.ts';
import { registerUsers } from './accounts/user-routes.ts';
import type { AppDependencies } from './app-dependencies.ts';
import type { Config } from './config.ts';
import { createErasure } from './erasure/erasure.ts';
import { registerErasure } from './erasure/routes.ts';
import { registerKeys } from './keys/admin-routes.ts';
import { registerKeySet } from './keys/routes.ts';
import { createPasswordLogin } from './login/password-login.ts';
import { registerLogin } from './login/routes.ts';
import { createMail } from './mail/mail.ts';
import { registerServiceAccounts } from './oauth/account-routes.ts';
import { registerDiscovery } from './oauth/discovery.ts';
import { createOAuth } from './oauth/oauth.ts';
import { registerOAuth } from './oauth/routes.ts';
import { registerClientSecrets } from './oauth/secret-routes.ts';
import { createOperator, type Operator } from './operator/operator.ts';
import { createRequireCurrentPassword } from './passwords/current-password.ts';
import { registerAcceptance, registerInvitations } from './registration/invitation-routes.ts';
import { createRegistrations } from './registration/registrations.ts';
import { registerRegistration } from './registration/routes.ts';
import { createCallService } from './service-clients/call-service.ts';
import { createInternalTokens } from './service-clients/internal-tokens.ts';
import { registerReauthentication } from './sessions/reauthentication-routes.ts';
import { createSessionLife } from './sessions/session-life.ts';
import { registerSessions } from './sessions/session-routes.ts';
import { registerHosts, registerSites } from './sites/routes.ts';
import { createSites } from './sites/sites.ts';
import { createHandOverCodes } from './sso/hand-over-codes.ts';
import { registerHandOver, registerSignOns } from './sso/routes.ts';
import { createSignOns } from './sso/sign-ons.ts';
import { createThrottles } from './throttling/throttles.ts';
import { createMint } from './tokens/mint.ts';
import { registerTokens } from './tokens/routes.ts';
import { registerOwnTokens } from './tokens/symmetric-tokens.ts';
import { createTokens } from './tokens/tokens.ts';
import { createLoginAccounts } from './users/login-accounts.ts';

/** Largest body that any route here needs, in bytes. */
const BODY_LIMIT = 64 * 1024;
const OWN_AUDIENCES = [SUITE_AUDIENCE, 'auth'];

/** The composition root: makes every feature of the service of what `start` has opened, and registers its routes. */
export async function buildApp(
  config: Config,
  dependencies: AppDependencies,
): Promise<{ readonly app: Service; readonly operator: Operator }> {
  const { logger, metrics, checks, database, state, keyRing, keys, audit, passwords, strength } = dependencies;
  const { revoker, iatClock, revocations, mailTransport, now, randomBytes } = dependencies;
  const issuer = config.GAIA_ISSUER;
  const publicUrl = config.PUBLIC_URL ?? issuer;
  const idleMs = config.REFRESH_IDLE_SECONDS * 1_000;
  const accessTokenSeconds = config.ACCESS_TOKEN_SECONDS;
  const randomId = () => randomBytes(16).toString('base64url');
  const app = await createService({
    name: 'auth',
    description: 'Users, sites, login, tokens and their keys',
    logger,
    metrics,
    checks,
    trustedProxies: config.TRUSTED_PROXIES,
    bodyLimit: BODY_LIMIT,
  });

  const common = {
    database,
    audit,
    revoker,
    iatClock,
    metrics,
    log: logger,
    issuer,
    publicUrl,
    now,
    randomBytes,
    randomId,
  };
  const { families } = state;
  const throttles = createThrottles({ enabled: config.RATE_LIMIT, state, now });

  const ownTokens = await registerOwnTokens(app as unknown as FastifyInstance, config.AUTH_REFRESH_SECRET);
  const tokens = createTokens({ ...common, keyRing, keys, revocations, ownTokens, accessTokenSeconds, idleMs });
  const { accessTokens, refreshTokens, linkTokens, verifierOf } = tokens;
  const verifier = verifierOf(OWN_AUDIENCES);
  const { outbox, mailWorker } = createMail({
    ...common,
    linkTokens,
    transport: mailTransport,
    from: config.MAIL_FROM,
  });

  const readFacts = createReadFacts(database);
  const members = createMembers(common);
  const sites = createSites(common);
  const logins = createLoginAccounts(database);
  const requireCurrentPassword = createRequireCurrentPassword({ ...common, passwords, throttle: throttles.login });
  const sessionLife = createSessionLife({
    ...common,
    families,
    accessTokens,
    refreshTokens,
    accounts: logins,
    readFacts,
    requireCurrentPassword,
    verifyAccessToken: tokens.verifierOfRevoked(OWN_AUDIENCES).verify,
    accessTokenSeconds,
    jitter: config.ACCESS_TOKEN_JITTER,
    idleMs,
    graceMs: config.REFRESH_GRACE_SECONDS * 1_000,
    absoluteMs: config.REFRESH_ABSOLUTE_SECONDS * 1_000,
  });
  const { sessions, beginFamily, refresh, userSessions } = sessionLife;
  const login = createPasswordLogin({
    ...common,
    records: state.records,
    accounts: logins,
    passwords,
    sessions,
    throttle: throttles.login,
    outbox,
  });
  const signOns = createSignOns({
    ...common,
    readFacts,
    families,
    beginFamily,
    sessions,
    consumeOnce: state.consumeOnce,
    handOverCodes: createHandOverCodes({ ...common, keys: tokens.publicKeys, sign: tokens.sign }),
    refreshTokens,
    sites,
  });

  const callService = createCallService({
    urls: { cms: config.CMS_URL, assets: config.ASSETS_URL },
    fetch: dependencies.fetch,
  });
  const internalTokens = createInternalTokens({ accessTokens, iatClock });
  const { eraseUser, erasureWorker } = createErasure({ ...common, callService, internalTokens });
  const accounts = createAccounts({
    ...common,
    families,
    linkTokens,
    passwords,
    strength,
    requireCurrentPassword,
    eraseUser,
    throttles,
    outbox,
  });
  const { users, proof } = accounts;
  const registrations = createRegistrations({ ...common, linkTokens, proof, throttles, outbox });
  const oauth = createOAuth({
    ...common,
    configured: config.SERVICE_CLIENTS,
    state,
    accessTokens,
    refreshTokens,
    verifier,
    verifierOf,
    refresh,
    accessTokenSeconds,
  });
  const exportAccount = createAccountExport({
    ...common,
    userSessions,
    callService,
    internalTokens,
    counters: config.RATE_LIMIT ? state.counters : undefined,
  });

  registerVerifierMetrics(verifier, metrics);
  registerRevocationMetrics(revocations, metrics);
  registerKeySet(app, keyRing);
  registerHosts(app, sites);
  registerLogin(app, { login: sessionLife.countLogins(login), refresh, logout: sessionLife.logout });
  registerRecovery(app, accounts);
  registerRegistration(app, registrations);
  registerAcceptance(app, registrations.acceptance);
  registerSignOns(app, signOns);
  registerDiscovery(app, issuer);
  await registerOAuth(app, oauth.endpoints);
  await app.register(async (plain) => {
    await plain.register(tokenGuard, { guard: { verifier } });
    const guarded = plain as unknown as Service;
    registerHandOver(guarded, signOns);
    registerMe(guarded, { users, members });
    registerSelfService(guarded, accounts.account, accounts.accountEmail);
    registerEmailChange(guarded, accounts.accountEmail);
    registerUsers(guarded, { users, members });
    registerErasure(guarded, eraseUser);
    registerAccountExport(guarded, exportAccount);
    registerSites(guarded, sites);
    registerMembers(guarded, members);
    registerInvitations(guarded, registrations.invitations);
    registerRoles(guarded, createRoles(common));
    registerReauthentication(guarded, sessionLife.reauthenticate);
    registerSessions(guarded, sessionLife);
    registerTokens(guarded, createMint({ ...common, accounts: logins, readFacts, accessTokens }));
    registerKeys(guarded, keys);
    const recent = requireRecent({ maxAge: SECRETS_MAX_AGE, now });
    registerServiceAccounts(guarded, oauth.serviceAccounts, recent);
    registerClientSecrets(guarded, oauth.clientSecrets, recent);
    registerAudit(guarded, '/auth/audit', { database });
  });

  const workers = [mailWorker, erasureWorker];
  app.addHook('onReady', async () => {
    for (const worker of workers) worker.start();
  });
  app.addHook('preClose', async () => {
    await Promise.all(workers.map((worker) => worker.stop()));
  });
  const { setPassword } = accounts;
  const { invitations } = registrations;
  return { app, operator: createOperator({ database, users, setPassword, eraseUser, invitations }) };
}
