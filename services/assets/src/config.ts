import { join } from 'node:path';
import { auditSettings } from '@gaia/audit-log/settings';
import { databaseSettings } from '@gaia/database/settings';
import { feedSettings } from '@gaia/feed-follower/settings';
import { serviceSettings } from '@gaia/http-service/settings';
import { integer, loadSettings, type SettingsOf, secret, text, url } from '@gaia/settings';
import { stateSettings } from '@gaia/state/settings';
import { guardSettings } from '@gaia/token-guard/settings';
import { codecSettings } from './images/codec/codec-settings.ts';
import { parseLinkKeys } from './links/link-keys.ts';
import { s3Settings, storageSettings } from './storage/settings.ts';
import { parseClamdAddress } from './uploads/clamd.ts';

const clamd = text({
  doc: 'A clamd that all uploads pass, `host:port` or `unix:/path`; while it is unavailable, no file is taken',
  fallbackDoc: 'no scanner',
});

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
  ...auditSettings,
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
  ASSETS_UPLOADS_PER_ACCOUNT: integer({
    doc: 'Uploads of several requests that an account can have under way in a site',
    fallback: 20,
    min: 1,
    max: 1_000,
  }),
  ASSETS_SITE_QUOTA_BYTES: integer({
    doc: 'Bytes that the files of a site can have, where the site has no quota of its own; 0: no limit',
    fallback: 0,
    min: 0,
    max: 1024 ** 4,
  }),
  ASSETS_UNUSED_DAYS: integer({
    doc: 'Private files that no entry has mentioned for so many days are deleted; 0: never',
    fallback: 0,
    min: 0,
    max: 3_650,
  }),
  ASSETS_CLAMD: Object.freeze({
    ...clamd,
    parse(raw: string) {
      parseClamdAddress(raw);
      return clamd.parse(raw);
    },
  }),
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
