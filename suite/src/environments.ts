import { join } from 'node:path';
import { controlSocketFile } from '@gaia/cli/control-socket-file';
import type { SuiteConfig } from './config.ts';
import type { Secrets } from './secrets.ts';

export const serviceNames = ['auth', 'cms', 'assets', 'search', 'gateway'] as const;
export type ServiceName = (typeof serviceNames)[number];

export type Environment = Readonly<Record<string, string>>;

/** Where each service listens: the gateway on PORT, the others behind it. */
export function servicePorts(config: SuiteConfig): Record<ServiceName, number> {
  const port = config.PORT;
  return { gateway: port, auth: port + 1, cms: port + 2, assets: port + 3, search: port + 4 };
}

/**
 * The environment that each service reads its settings from. A service gets what its own settings name and no more:
 * no service sees another's secret.
 */
export function serviceEnvironments(options: {
  readonly config: SuiteConfig;
  readonly secrets: Secrets;
  /** The connection string of each service's database. */
  readonly databaseUrl: (service: ServiceName) => string;
  readonly administrator: { readonly email: string; readonly password: string } | undefined;
  /** What the operator has set. */
  readonly outer: Readonly<Record<string, string | undefined>>;
  /** Names of the settings that each service has. */
  readonly settingNames: Readonly<Record<ServiceName, readonly string[]>>;
}): Record<ServiceName, Environment> {
  const { config, secrets, administrator } = options;
  const ports = servicePorts(config);
  const local = (service: ServiceName) => `http://127.0.0.1:${ports[service]}`;
  const common = {
    PUBLIC_URL: config.publicUrl,
    GAIA_ISSUER: config.publicUrl,
    JWKS_URL: `${local('auth')}/.well-known/jwks.json`,
    AUTH_URL: local('auth'),
    CMS_URL: local('cms'),
    ASSETS_URL: local('assets'),
    SEARCH_URL: local('search'),
    LOG_LEVEL: config.LOG_LEVEL,
    SHUTDOWN_TIMEOUT_MS: String(config.SHUTDOWN_TIMEOUT_MS / 2),
    ...(config.REDIS_URL !== undefined && { REDIS_URL: config.REDIS_URL }),
  };
  const own: Record<ServiceName, Record<string, string>> = {
    gateway: {
      HOST: config.HOST,
      METRICS_PORT: String(config.PORT + 5),
      // Proxies stand before the gateway; the others believe the gateway, which is on the loopback.
      ...(options.outer.TRUSTED_PROXIES !== undefined && { TRUSTED_PROXIES: options.outer.TRUSTED_PROXIES }),
      GATEWAY_SESSION_SECRET: secrets.gatewaySessionSecret,
    },
    auth: {
      AUTH_KEK: secrets.authKek,
      AUTH_REFRESH_SECRET: secrets.authRefreshSecret,
      SERVICE_CLIENTS: `search=${secrets.searchClientSecret}:feed:read,assets=${secrets.assetsClientSecret}:feed:read`,
      MAIL_DIR: join(config.dataDir, 'mail'),
      AUTH_CONTROL_SOCKET: options.outer.AUTH_CONTROL_SOCKET || controlSocketFile(config.dataDir),
      ...(administrator && { GAIA_ADMIN_EMAIL: administrator.email, GAIA_ADMIN_PASSWORD: administrator.password }),
    },
    cms: { CMS_KEK: secrets.cmsKek },
    assets: {
      ASSETS_DIR: join(config.dataDir, 'assets'),
      ASSETS_LINK_KEYS: `1:${secrets.assetsLinkKey}`,
      SERVICE_CLIENT_ID: 'assets',
      SERVICE_CLIENT_SECRET: secrets.assetsClientSecret,
    },
    search: { SERVICE_CLIENT_ID: 'search', SERVICE_CLIENT_SECRET: secrets.searchClientSecret },
  };
  const assigned = new Set([
    'PORT',
    'HOST',
    'GAIA_ADMIN_EMAIL',
    'GAIA_ADMIN_PASSWORD',
    'DATABASE_URL',
    'TRUSTED_PROXIES',
    ...Object.keys(common),
  ]);
  return Object.fromEntries(
    serviceNames.map((service) => {
      const outer = Object.entries(options.outer).filter(([name]) => !assigned.has(name));
      const all: Record<string, string | undefined> = {
        ...common,
        ...own[service],
        ...Object.fromEntries(outer),
        HOST: own[service].HOST ?? '127.0.0.1',
        PORT: String(ports[service]),
        DATABASE_URL: options.databaseUrl(service),
      };
      const names = new Set(options.settingNames[service]);
      const taken = Object.entries(all).filter(([name, value]) => names.has(name) && value !== undefined);
      return [service, Object.freeze(Object.fromEntries(taken))];
    }),
  ) as Record<ServiceName, Environment>;
}
