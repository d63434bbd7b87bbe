import { randomBytes as systemRandomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as systemSleep } from 'node:timers/promises';
import { createAudit } from '@gaia/audit-log';
import { createAuditLog } from '@gaia/audit-log/log';
import { startAuditRetention } from '@gaia/audit-log/retention';
import { openDatabase } from '@gaia/database/database';
import type { Fetch } from '@gaia/http-client/bounded-fetch';
import { fetch as serviceFetch } from '@gaia/http-client/fetch';
import type { Logger } from '@gaia/http-service/logger';
import { startPeriodicJob } from '@gaia/http-service/periodic-job';
import type { Service } from '@gaia/http-service/service';
import { createSealer } from '@gaia/sealed-values/sealer';
import { openState } from '@gaia/state/open';
import type { State } from '@gaia/state/state';
import { createRevocations } from '@gaia/token-guard/revocations';
import { Registry } from 'prom-client';
import { ensureFirstAdministrator } from './accounts/first-administrator.ts';
import { buildApp } from './app.ts';
import type { Config } from './config.ts';
import type { AuthTables } from './database.ts';
import { authChecks } from './health-checks.ts';
import { createKeys } from './keys/keys.ts';
import { openKeyRing } from './keys/open-key-ring.ts';
import { readSigningKey, type SigningKey } from './keys/signing-key.ts';
import { createFileTransport } from './mail/file-transport.ts';
import { createSmtpTransport } from './mail/smtp-transport.ts';
import type { MailTransport } from './mail/transport.ts';
import { migrateAuth, SCHEMA } from './migrations.ts';
import { openControlSocket } from './operator/control-socket.ts';
import { buildOperatorApp } from './operator-app.ts';
import { createConcurrencyLimiter } from './passwords/concurrency-limiter.ts';
import { readHashCosts } from './passwords/hash-costs.ts';
import { registerHashMetrics } from './passwords/hash-metrics.ts';
import { type HashThreads, openHashThreads } from './passwords/hash-threads.ts';
import { createPasswords } from './passwords/passwords.ts';
import { createPasswordStrength } from './passwords/strength.ts';
import { revokeForgottenTokens } from './revocation/forgotten-tokens.ts';
import { createRevoker } from './revocation/revoker.ts';
import { openIatClock } from './tokens/iat-clock.ts';

export interface StartDependencies {
  readonly logger: Logger;
  /** Shared with other services of the process; opened from REDIS_URL, and closed with the app, if absent. */
  readonly state?: State | undefined;
  /** Shared with others of the process; opened, and closed with the app, if absent. */
  readonly hashThreads?: HashThreads | undefined;
  readonly fetch?: Fetch;
  readonly now?: () => number;
  readonly sleep?: (ms: number) => Promise<void>;
  readonly randomBytes?: (size: number) => Buffer;
  /** Shows the made-up password of the first administrator. Without it a password must be configured at first start. */
  readonly announce?: (administrator: { email: string; password: string }) => void;
}

/**
 * Opens all that the service needs, its database migrated, and builds it; closing the app closes what was opened here.
 * Throws KeysSealed, MigrationError, DatabaseUnavailable, StateUnavailable, and Error for an unusable key file.
 */
export async function start(config: Config, dependencies: StartDependencies): Promise<Service> {
  const opened = new AsyncDisposableStack();
  try {
    return await startWith(opened, config, dependencies);
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

/** Puts what it opens on the stack, which the app closes. */
async function startWith(
  opened: AsyncDisposableStack,
  config: Config,
  dependencies: StartDependencies,
): Promise<Service> {
  const { logger, announce = refuseToAnnounce } = dependencies;
  const now = dependencies.now ?? Date.now;
  const randomBytes = dependencies.randomBytes ?? systemRandomBytes;
  const sleep = dependencies.sleep ?? ((ms) => systemSleep(ms, undefined, { ref: false }));

  const state = dependencies.state ?? openState({ redisUrl: config.REDIS_URL, now, log: logger });
  if (dependencies.state === undefined) opened.defer(() => state.close());
  const iatClock = await openIatClock({ revocations: state.revocations, now, sleep, log: logger });
  opened.defer(() => iatClock.close());
  const revoker = createRevoker({
    state,
    keysMaxStaleSeconds: config.JWKS_MAX_STALE_SECONDS,
    now,
    onRevocation: iatClock.learn,
  });
  await revokeForgottenTokens({ state, revoker, now });

  await migrateAuth(config);
  const database = openDatabase<AuthTables>({
    url: config.DATABASE_URL,
    schema: SCHEMA,
    applicationName: 'gaia-auth',
    maxConnections: config.DATABASE_POOL_SIZE,
    log: (line) => logger.warn(line),
  });
  opened.defer(() => database.destroy());
  const metrics = new Registry();
  const threads = dependencies.hashThreads ?? openHashThreads(config.ARGON2_CONCURRENCY);
  if (dependencies.hashThreads === undefined) opened.defer(() => threads.close());
  // The first in the queue lie ready with the threads.
  const ready = Math.min(config.ARGON2_CONCURRENCY, config.ARGON2_QUEUE);
  const limiter = createConcurrencyLimiter({
    concurrency: config.ARGON2_CONCURRENCY + ready,
    maxWaiting: config.ARGON2_QUEUE - ready,
    deadlineMs: config.ARGON2_WAIT_MS,
  });
  registerHashMetrics(metrics, limiter, config.ARGON2_CONCURRENCY);
  const passwords = await createPasswords({
    cost: { memoryKib: config.ARGON2_MEMORY_KIB, passes: config.ARGON2_PASSES, lanes: config.ARGON2_LANES },
    limiter,
    threads,
    dummyHashSecret: config.AUTH_REFRESH_SECRET,
    log: logger,
  });
  const followCosts = async () => passwords.followCosts(await readHashCosts(database));
  await followCosts();
  const costJob = startPeriodicJob({ name: 'hash costs', everyMs: 3_600_000, work: followCosts, log: logger });
  opened.defer(() => costJob.stop());
  const strength = createPasswordStrength({
    words: [new URL(config.PUBLIC_URL ?? config.GAIA_ISSUER).hostname, 'gaia'],
  });
  const audit = createAudit({ database, log: logger, now });
  const sealer = createSealer({ purpose: 'signing key', keys: config.AUTH_KEK, randomBytes });
  const imported = await importedKey(config.AUTH_SIGNING_KEY_FILE);
  const keyRing = await openKeyRing({ database, sealer, rsaBits: config.AUTH_RSA_BITS, imported, now });
  const keys = createKeys({
    database,
    sealer,
    keyRing,
    rsaBits: config.AUTH_RSA_BITS,
    schedule: {
      rotationMs: config.AUTH_KEY_ROTATION_SECONDS === 0 ? undefined : config.AUTH_KEY_ROTATION_SECONDS * 1_000,
      publishMs: config.AUTH_KEY_PUBLISH_SECONDS * 1_000,
    },
    pinned: imported !== undefined,
    revoker,
    audit,
    now,
  });
  const keyJob = startPeriodicJob({
    name: 'keys',
    everyMs: config.AUTH_KEY_CHECK_SECONDS * 1_000,
    work: keys.maintain,
    log: logger,
  });
  opened.defer(() => keyJob.stop());
  await ensureFirstAdministrator({
    database,
    passwords,
    email: config.GAIA_ADMIN_EMAIL,
    password: config.GAIA_ADMIN_PASSWORD,
    now,
    randomBytes,
    announce,
    strength,
    log: logger,
  });

  const revocations = createRevocations({
    feed: state.revocations,
    now,
    log: logger,
    // Another replica has dropped a key: nothing may be signed with it here either.
    onKeyRevoked: () => keyJob.trigger(),
  });
  opened.defer(() => revocations.close());
  await revocations.ready;

  const retention = startAuditRetention({
    auditLog: createAuditLog(database),
    days: config.AUDIT_RETENTION_DAYS,
    log: logger,
    now,
  });
  opened.defer(() => retention.stop());

  const isAlone = state.kind === 'memory' && dependencies.state === undefined;
  if (isAlone) logger.warn('without REDIS_URL, revocations are not seen by services of other processes');
  const appDependencies = {
    logger,
    metrics,
    checks: authChecks({ database, state, keyRing, isAlone }),
    database,
    state,
    keyRing,
    keys,
    audit,
    passwords,
    strength,
    mailTransport: mailTransportOf(config, now),
    revoker,
    iatClock,
    revocations,
    fetch: dependencies.fetch ?? serviceFetch,
    now,
    randomBytes,
  };
  const { app, operator } = await buildApp(config, appDependencies);
  if (config.AUTH_CONTROL_SOCKET !== undefined) {
    const operatorApp = await buildOperatorApp(operator, { logger, metrics });
    const control = await openControlSocket(operatorApp, config.AUTH_CONTROL_SOCKET);
    app.addHook('preClose', () => control.close());
  }
  app.addHook('onClose', () => opened.disposeAsync());
  return app;
}

function mailTransportOf(config: Config, now: () => number): MailTransport {
  if (config.SMTP_URL !== undefined) return createSmtpTransport(config.SMTP_URL);
  return createFileTransport({ directory: config.MAIL_DIR ?? join(config.GAIA_DATA_DIR, 'mail'), now });
}

async function importedKey(file: string | undefined): Promise<SigningKey | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readSigningKey(await readFile(file));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(`AUTH_SIGNING_KEY_FILE ${code === undefined ? message : `cannot be read (${code})`}`);
  }
}

function refuseToAnnounce(): never {
  throw new Error('a first start needs GAIA_ADMIN_PASSWORD, or a terminal for a generated one');
}
