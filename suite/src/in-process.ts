import { createLogger, type DestinationStream } from '@gaia/http-service/logger';
import type { SuiteConfig } from './config.ts';
import type { Environment, ServiceName } from './environments.ts';
import { type LocalService, type RunningService, startAuthAlone, startService } from './services.ts';
import { openSuiteState } from './state.ts';

/**
 * Starts all services in this process; they share one state. Gives what closes them, the door first. `authAlone` starts
 * auth and no other, which then answers on its control socket only.
 */
export async function startInProcess(
  config: SuiteConfig,
  environments: Readonly<Record<ServiceName, Environment>>,
  { logTo, authAlone }: { readonly logTo?: DestinationStream | undefined; readonly authAlone: boolean },
): Promise<RunningService> {
  const loggerOf = (service: string) => createLogger({ service, level: config.LOG_LEVEL }, logTo);
  const state = await openSuiteState(config, loggerOf('suite'));
  const running: { name: ServiceName; service: LocalService }[] = [];
  const start = async (name: ServiceName) => {
    const logger = loggerOf(name);
    const begin = authAlone ? startAuthAlone : startService[name];
    running.push({ name, service: await begin(environments[name], { logger, state }) });
  };
  const startAll = async (names: readonly ServiceName[]) => {
    const results = await Promise.allSettled(names.map(start));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  };
  const close = async () => {
    for (const { service } of running) service.shutdown.cutConnectionsAfter(config.SHUTDOWN_TIMEOUT_MS / 3);
    // From the outside in, so that no open request loses a service that it still needs.
    const order: readonly ServiceName[] = ['gateway', 'search', 'assets', 'cms', 'auth'];
    for (const name of order) await running.find((entry) => entry.name === name)?.service.close();
    await state.close();
  };
  try {
    // Each after what it asks first: auth for keys, cms for the feed.
    await start('auth');
    if (authAlone) return { close };
    await startAll(['cms', 'gateway']);
    await startAll(['assets', 'search']);
    return { close };
  } catch (error) {
    await close();
    throw error;
  }
}
