import { join } from 'node:path';
import { databaseSettings } from '@gaia/database/settings';
import { feedSettings } from '@gaia/feed-follower/settings';
import { serviceSettings } from '@gaia/http-service/settings';
import { integer, loadSettings, type SettingsOf, secret, text, url } from '@gaia/settings';
import { stateSettings } from '@gaia/state/settings';
import { guardSettings } from '@gaia/token-guard/settings';
import { codecSettings } from './images/codec/codec-settings.ts';
import { parseLinkKeys } from './links/link-keys.ts';
import { s3Settings, storageSettings } from './storage/settings.ts';

const linkKeys = secret({
  doc: 'Keys of download links, `kid:secret,…`, each secret of 32 characters or more; the first signs, all verify',
  required: true,
  minLength: 1,
});

export const settings = {
  ...serviceSettings(8083),
  ...databaseSettings,
  ...stateSettings(),
  ...guardSettings,
  ...feedSettings('assets'),
  PUBLIC_URL: url({
    doc: 'Where the suite is reached from outside; download links begin with it',
    fallback: 'http://localhost:8080',
    protocols: ['http', 'https'],
  }),
  GAIA_DATA_DIR: text({ doc: 'Directory that holds what is not in a database', fallback: '.gaia' }),
  ...storageSettings,
  ASSETS_MAX_BYTES: integer({
    doc: 'Largest file that is taken, in bytes',
    fallback: 100 * 1024 * 1024,
    min: 1,
    max: 1024 ** 4,
  }),
  ASSETS_UPLOAD_HOURS: integer({
    doc: 'An upload of several requests that is not complete after so many hours expires',
    fallback: 24,
    min: 1,
    max: 720,
  }),
  ...codecSettings,
  ASSETS_LINK_KEYS: Object.freeze({
    ...linkKeys,
    parse(raw: string) {
      parseLinkKeys(raw);
      return linkKeys.parse(raw);
    },
  }),
};

export type Config = SettingsOf<typeof settings>;

/** Reads the environment. Throws SettingsError naming all that is wrong. */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const config = loadSettings(settings, env);
  s3Settings(config);
  return config;
}

export function assetsDirectory(config: Pick<Config, 'ASSETS_DIR' | 'GAIA_DATA_DIR'>): string {
  return config.ASSETS_DIR ?? join(config.GAIA_DATA_DIR, 'assets');
}

export function uploadLifetimeMs(config: Pick<Config, 'ASSETS_UPLOAD_HOURS'>): number {
  return config.ASSETS_UPLOAD_HOURS * 3_600_000;
}
