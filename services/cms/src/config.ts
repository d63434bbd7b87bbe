import { auditSettings } from '@gaia/audit-log/settings';
import { databaseSettings } from '@gaia/database/settings';
import { serviceSettings } from '@gaia/http-service/settings';
import { sealingKeys } from '@gaia/sealed-values/settings';
import { loadSettings, type SettingsOf, url } from '@gaia/settings';
import { stateSettings } from '@gaia/state/settings';
import { guardSettings } from '@gaia/token-guard/settings';

export const settings = {
  ...serviceSettings(8082),
  ...databaseSettings,
  ...stateSettings(),
  ...guardSettings,
  ...auditSettings,
  CMS_KEK: sealingKeys({ doc: 'Encrypts the secrets of webhooks at rest' }),
  ASSETS_URL: url({
    doc: 'Where the service assets is',
    fallback: 'http://127.0.0.1:8083',
    protocols: ['http', 'https'],
  }),
  SEARCH_URL: url({
    doc: 'Where the service search is',
    fallback: 'http://127.0.0.1:8084',
    protocols: ['http', 'https'],
  }),
};

export type Config = SettingsOf<typeof settings>;

/** Reads the environment. Throws SettingsError naming all that is wrong. */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  return loadSettings(settings, env);
}
