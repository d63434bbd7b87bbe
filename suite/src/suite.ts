import { mkdir } from 'node:fs/promises';
import { seedDemo } from '@gaia/cli/demo';
import { lockDataDirectory } from '@gaia/embedded-postgres';
import type { DestinationStream } from '@gaia/http-service/logger';
import type { SuiteConfig } from './config.ts';
import { openSuiteDatabase } from './database.ts';
import { type ServiceName, serviceEnvironments, serviceNames, servicePorts } from './environments.ts';
import { type Administrator, type FirstStart, pendingFirstStart, requireInstallation } from './first-start.ts';
import { startInProcess } from './in-process.ts';
import { keepSecrets } from './secrets.ts';
import { migrateSeparate, startSeparate } from './separate.ts';
import { type RunningService, serviceSettings } from './services.ts';
import { discardOutdatedState } from './state.ts';
import { type RestartPolicy, restartPolicy } from './supervisor.ts';

export interface Suite extends RunningService {
  /** The administrator that this start has made, or undefined. */
  readonly administrator: Administrator | undefined;
}

export interface SuiteOptions {
  readonly config: SuiteConfig;
  readonly env: Readonly<Record<string, string | undefined>>;
  /**
   * All services in this process, one process a service, no service at all (only migrate the databases), or auth alone and
   * without a port, for commands on the host.
   */
  readonly mode: 'together' | 'separate' | 'migrate' | 'control';
  readonly say: (line: string) => void;
  /** Where the services of this process log to; standard output if not said. */
  readonly logTo?: DestinationStream | undefined;
  /**
   * Called when a part that nothing works without has ended for good: the embedded database, or a process that cannot be
   * started again. The suite is still to be closed.
   */
  readonly onFailure?: ((error: Error) => void) | undefined;
  /** When services that run as processes of their own are started again; as `restartPolicy` says if not given. */
  readonly restart?: RestartPolicy | undefined;
}

/**
 * Starts everything: takes the data folder for itself, opens the database, starts the services and, the first time,
 * makes the administrator and the demo sites. Rejects with a message for the operator; nothing is left running then.
 */
export async function startSuite(options: SuiteOptions): Promise<Suite> {
  const { config, say } = options;
  const closers: (() => Promise<void> | void)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    if (options.mode === 'control') await requireInstallation(config.dataDir);
    await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
    closers.push(lockDataDirectory(config.dataDir));
    const secrets = await keepSecrets(config.dataDir);
    const firstStart = await pendingFirstStart(config.dataDir, {
      email: config.GAIA_ADMIN_EMAIL,
      password: config.GAIA_ADMIN_PASSWORD,
    });
    const onFailure = (error: Error) => options.onFailure?.(error);
    const database = await openSuiteDatabase(config, onFailure);
    closers.push(database.stop);
    say(database.description);
    const environments = serviceEnvironments({
      config,
      secrets,
      databaseUrl: database.url,
      administrator: firstStart?.administrator,
      outer: options.env,
      settingNames: Object.fromEntries(
        serviceNames.map((name) => [name, Object.keys(serviceSettings[name])]),
      ) as unknown as Record<ServiceName, readonly string[]>,
    });
    if (options.mode === 'migrate') {
      await migrateSeparate(environments);
      return { administrator: undefined, close };
    }
    await discardOutdatedState(config);
    const services =
      options.mode === 'separate'
        ? await startSeparate(environments, {
            say,
            shutdownTimeoutMs: config.SHUTDOWN_TIMEOUT_MS,
            policy: options.restart ?? restartPolicy,
            onGiveUp: onFailure,
          })
        : await startInProcess(config, environments, { logTo: options.logTo, authAlone: options.mode === 'control' });
    closers.push(services.close);
    return { administrator: await finishFirstStart(options, firstStart), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function finishFirstStart(
  options: SuiteOptions,
  firstStart: FirstStart | undefined,
): Promise<Administrator | undefined> {
  if (!firstStart) return undefined;
  const ports = servicePorts(options.config);
  const isNew = await seedDemo({
    authUrl: `http://127.0.0.1:${ports.auth}`,
    cmsUrl: `http://127.0.0.1:${ports.cms}`,
    administrator: firstStart.administrator,
    sites: options.config.GAIA_DEMO,
    say: options.say,
    fetch,
  });
  await firstStart.done();
  return isNew ? firstStart.administrator : undefined;
}
