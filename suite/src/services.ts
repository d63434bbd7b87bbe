import { settings as assetsSettings, loadConfig as loadAssets } from '@gaia/assets/config';
import { start as startAssets } from '@gaia/assets/start';
import { settings as authSettings, loadConfig as loadAuth } from '@gaia/auth/config';
import { start as startAuth } from '@gaia/auth/start';
import { settings as cmsSettings, loadConfig as loadCms } from '@gaia/cms/config';
import { start as startCms } from '@gaia/cms/start';
import { settings as gatewaySettings, loadConfig as loadGateway } from '@gaia/gateway/config';
import { start as startGateway } from '@gaia/gateway/start';
import type { GracefulShutdown } from '@gaia/http-service/graceful-shutdown';
import type { Logger } from '@gaia/http-service/logger';
import { loadConfig as loadSearch, settings as searchSettings } from '@gaia/search/config';
import { start as startSearch } from '@gaia/search/start';
import type { SettingsSchema } from '@gaia/settings';
import type { State } from '@gaia/state/state';
import type { Environment, ServiceName } from './environments.ts';

/** A service that answers on its port. */
export interface RunningService {
  close(): Promise<void>;
}

interface StartDeps {
  readonly logger: Logger;
  readonly state: State;
}

/** The settings of every service, for its environment and for the documentation. */
export const serviceSettings: Readonly<Record<ServiceName, SettingsSchema>> = {
  gateway: gatewaySettings,
  auth: authSettings,
  cms: cmsSettings,
  assets: assetsSettings,
  search: searchSettings,
};

/** Starts one service in this process, from its environment, and listens. */
export const startService: Readonly<Record<ServiceName, (env: Environment, deps: StartDeps) => Promise<LocalService>>> =
  {
    auth: async (env, deps) => {
      const config = loadAuth(env);
      return listening(await startAuth(config, deps), config);
    },
    cms: async (env, deps) => {
      const config = loadCms(env);
      return listening(await startCms(config, deps), config);
    },
    assets: async (env, deps) => {
      const config = loadAssets(env);
      return listening(await startAssets(config, deps), config);
    },
    search: async (env, deps) => {
      const config = loadSearch(env);
      return listening(await startSearch(config, deps), config);
    },
    gateway: async (env, deps) => {
      const config = loadGateway(env);
      return listening(await startGateway(config, deps), config);
    },
  };

/** Auth without a port. */
export async function startAuthAlone(env: Environment, deps: StartDeps): Promise<LocalService> {
  const app = await startAuth(loadAuth(env), deps);
  await app.ready();
  return app;
}

/** A service in this process. */
export interface LocalService extends RunningService {
  readonly shutdown: Pick<GracefulShutdown, 'cutConnectionsAfter'>;
}

interface Listener extends LocalService {
  listen(options: { host: string; port: number }): Promise<unknown>;
}

async function listening(
  app: Listener,
  config: { readonly HOST: string; readonly PORT: number },
): Promise<LocalService> {
  try {
    await app.listen({ host: config.HOST, port: config.PORT });
    return app;
  } catch (error) {
    await app.close();
    throw error;
  }
}
