import { join, resolve } from 'node:path';
import { choice, flag, integer, loadSettings, type SettingsOf, secret, text, url } from '@gaia/settings';

/** Settings of `npm start`; those of the services stand with each service. */
export const settings = {
  PORT: integer({
    doc: "The gateway's port; auth, cms, assets and search follow it, then the gateway's metrics",
    fallback: 8080,
    min: 1,
    max: 65_530,
  }),
  HOST: text({
    doc: 'Address that the gateway listens on; the other services always listen on 127.0.0.1',
    fallback: '127.0.0.1',
  }),
  PUBLIC_URL: url({
    doc: 'Where browsers and clients reach the gateway',
    fallbackDoc: '`http://localhost:PORT`',
    protocols: ['http', 'https'],
  }),
  GAIA_DATA_DIR: text({
    doc: 'Folder that holds everything: database, files, keys, sessions, mail',
    fallback: '.gaia',
  }),
  GAIA_DEMO: flag({ doc: 'Whether the first start makes two demo sites', fallback: true }),
  GAIA_ADMIN_EMAIL: text({
    doc: 'Address of the administrator that the first start makes',
    fallbackDoc: 'admin@localhost',
  }),
  GAIA_ADMIN_PASSWORD: secret({
    doc: "That administrator's password",
    fallbackDoc: 'random, printed once',
    minLength: 8,
  }),
  DATABASE_URL: url({
    doc: 'A PostgreSQL server of your own, a schema a service in that database',
    fallbackDoc: 'an embedded server',
    protocols: ['postgres', 'postgresql'],
  }),
  REDIS_URL: url({
    doc: 'A Redis for what the services share for a short time',
    fallbackDoc: 'in the process and `state.sqlite` in GAIA_DATA_DIR',
    protocols: ['redis', 'rediss'],
  }),
  SHUTDOWN_TIMEOUT_MS: integer({
    doc: 'SIGTERM ends `npm start` within this time; requests that are open after a third of it are cut off',
    fallback: 30_000,
    min: 100,
    max: 600_000,
  }),
  LOG_LEVEL: choice({
    doc: 'Least level of what is logged; `npm start` itself says less than a service that is started alone',
    fallback: 'warn',
    of: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
  }),
};

export type SuiteConfig = SettingsOf<typeof settings> & { readonly dataDir: string; readonly publicUrl: string };

/** Reads the environment; throws SettingsError. `cwd` is the folder that a relative GAIA_DATA_DIR starts from. */
export function loadConfig(env: NodeJS.ProcessEnv, cwd: string): SuiteConfig {
  const values = loadSettings(settings, env);
  return Object.freeze({
    ...values,
    dataDir: resolve(join(cwd), values.GAIA_DATA_DIR),
    publicUrl: values.PUBLIC_URL ?? `http://localhost:${values.PORT}`,
  });
}
