import { createSigner } from '@gaia/jwt/signer';
import { createVerifier } from '@gaia/token-guard/verifier';
import { SUITE_AUDIENCE } from '@gaia/tokens/purposes';
import { createReadFacts } from './access/account-facts.ts';
import { createMembers } from './access/members.ts';
import { createAddressProof } from './accounts/address-proof.ts';
import { createUsers } from './accounts/users.ts';
import type { AppDependencies } from './app-dependencies.ts';
import type { Config } from './config.ts';
import { createEraseUser } from './erasure/erase-user.ts';
import { createErasureWorker } from './erasure/erasure-worker.ts';
import { ownKeySource } from './keys/own-key-source.ts';
import { createCompose } from './mail/compose.ts';
import { mailOutcomes } from './mail/mail-metrics.ts';
import { createOutbox } from './mail/outbox.ts';
import { createMailQueue } from './mail/queue.ts';
import { createSiteLinks } from './mail/site-links.ts';
import { createMailWorker } from './mail/worker.ts';
import { createClientSecrets } from './oauth/client-secrets.ts';
import { createServiceAccounts } from './oauth/service-accounts.ts';
import { serviceAudiences } from './oauth/token-exchange.ts';
import { createPresentPassword } from './passwords/current-password.ts';
import { createCallService } from './service-clients/call-service.ts';
import { createInternalTokens } from './service-clients/internal-tokens.ts';
import { createBeginFamily } from './sessions/begin-family.ts';
import { createRefresh } from './sessions/refresh.ts';
import { sessionMetrics } from './sessions/session-metrics.ts';
import { createSessions } from './sessions/sessions.ts';
import { createSites } from './sites/sites.ts';
import { createLoginThrottle, noThrottle } from './throttling/login-throttle.ts';
import { createRequestThrottle, noRequestThrottle } from './throttling/mail-throttle.ts';
import { createAccessTokens } from './tokens/access-tokens.ts';
import { jitteredLifetime } from './tokens/jitter.ts';
import { createLinkTokens } from './tokens/link-tokens.ts';
import { createRefreshTokens } from './tokens/refresh-tokens.ts';
import type { OwnTokens } from './tokens/symmetric-tokens.ts';
import { createLoginAccounts } from './users/login-accounts.ts';

export type Parts = ReturnType<typeof createParts>;

/** What more than one feature stands on, made once. */
export function createParts(config: Config, dependencies: AppDependencies, ownTokens: OwnTokens) {
  const { logger, metrics, database, state, keyRing, keys, audit, passwords, cutOffs, issueTimes, now } = dependencies;
  const { strength, randomBytes } = dependencies;
  const publicUrl = config.PUBLIC_URL ?? config.GAIA_ISSUER;
  const issuer = config.GAIA_ISSUER;
  const idleMs = config.REFRESH_IDLE_SECONDS * 1_000;
  const randomId = () => randomBytes(16).toString('base64url');

  const sign = createSigner(keyRing.signing);
  const accessTokens = createAccessTokens({
    issuer,
    lifetimeSeconds: config.ACCESS_TOKEN_SECONDS,
    sign,
    randomId,
  });
  const refreshTokens = createRefreshTokens({ issuer, tokens: ownTokens.refresh, idleMs, now });
  const beginFamily = createBeginFamily({ families: state.families, cutOffs, audit, idleMs, now });
  const sessions = createSessions({
    families: state.families,
    beginFamily,
    accessTokens,
    refreshTokens,
    absoluteMs: config.REFRESH_ABSOLUTE_SECONDS * 1_000,
    now,
    randomId,
  });
  const jwks = ownKeySource(keyRing, { reload: keys.reload, now });
  const ownAudience = [SUITE_AUDIENCE, 'auth'];
  const verifier = createVerifier({
    issuers: [{ issuer, jwks, revocations: dependencies.revocations }],
    audience: ownAudience,
    now,
  });
  // Logging out twice is no error, so revoked tokens are good enough for it.
  const logoutVerifier = createVerifier({ issuers: [{ issuer, jwks }], audience: ownAudience, now });

  const anyAudience = createVerifier({
    issuers: [{ issuer, jwks, revocations: dependencies.revocations }],
    audience: [SUITE_AUDIENCE, ...serviceAudiences],
    now,
  });

  const clientSecrets = createClientSecrets({ database, cutOffs, audit, now, randomBytes });
  const serviceAccounts = createServiceAccounts({
    database,
    configured: config.SERVICE_CLIENTS,
    secrets: clientSecrets,
    audit,
    now,
    randomId,
  });
  const accounts = createLoginAccounts(database);
  const readFacts = createReadFacts(database);
  const sites = createSites({ database, audit, publicUrl, now });
  const members = createMembers({ database, cutOffs, audit, now });
  const loginThrottle = config.RATE_LIMIT ? createLoginThrottle({ state, now }) : noThrottle;
  const requestThrottleOf = (purpose: string) =>
    config.RATE_LIMIT ? createRequestThrottle({ counters: state.counters, now, purpose }) : noRequestThrottle;

  const linkTokens = createLinkTokens({ issuer, keys: jwks, sign, invitations: ownTokens.invitation, now, randomId });
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
  const proof = createAddressProof({ passwords, strength, cutOffs, now, randomBytes });
  const users = createUsers({ database, passwords, strength, cutOffs, outbox, audit, now, randomBytes });
  const presentPassword = createPresentPassword({ database, passwords, throttle: loginThrottle, audit });

  const callService = createCallService({
    urls: { cms: config.CMS_URL, assets: config.ASSETS_URL },
    fetch: dependencies.fetch,
  });
  const internalTokens = createInternalTokens({ accessTokens, issueTimes });
  const erasureWorker = createErasureWorker({
    database,
    callService,
    internalTokens,
    metrics,
    log: logger,
    now,
    random: Math.random,
  });
  const eraseUser = createEraseUser({ database, cutOffs, audit, now, randomBytes, wake: erasureWorker.wake });

  const measured = sessionMetrics(metrics);
  const refresh = createRefresh({
    readFacts,
    families: { get: state.families.get, rotate: measured.countRotations(state.families.rotate) },
    refreshTokens,
    sessions,
    cutOffs,
    issueTimes,
    graceMs: config.REFRESH_GRACE_SECONDS * 1_000,
    idleMs,
    audit,
    lifetimeSeconds: jitteredLifetime(config.ACCESS_TOKEN_SECONDS, config.ACCESS_TOKEN_JITTER, randomBytes),
    now,
    onReuse: (event) => logger.warn(event, 'a refresh token was used twice; its session has ended'),
  });

  return {
    issuer,
    randomId,
    beginFamily,
    accessTokens,
    refreshTokens,
    sessions,
    jwks,
    sign,
    verifier,
    logoutVerifier,
    anyAudience,
    clientSecrets,
    serviceAccounts,
    accounts,
    readFacts,
    users,
    sites,
    members,
    loginThrottle,
    requestThrottleOf,
    linkTokens,
    proof,
    mailWorker,
    outbox,
    presentPassword,
    callService,
    internalTokens,
    erasureWorker,
    eraseUser,
    measured,
    refresh: measured.countRefusedRefreshes(refresh),
  };
}
