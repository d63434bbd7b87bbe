import { databaseSettings } from '@gaia/database/settings';
import { serviceSettings } from '@gaia/http-service/settings';
import { loadSettings, type SettingsOf, secret, text, url } from '@gaia/settings';
import { stateSettings } from '@gaia/state/settings';
import { guardSettings } from '@gaia/token-guard/settings';

export const settings = {
  ...serviceSettings(8084),
  ...databaseSettings,
  ...stateSettings(),
  ...guardSettings,
  AUTH_URL: url({ doc: 'Where auth answers', fallback: 'http://127.0.0.1:8081', protocols: ['http', 'https'] }),
  CMS_URL: url({ doc: 'Where cms answers', fallback: 'http://127.0.0.1:8082', protocols: ['http', 'https'] }),
  SERVICE_CLIENT_ID: text({ doc: 'Name of the service as a client of auth', fallback: 'search' }),
  SERVICE_CLIENT_SECRET: secret({ doc: 'Its secret, as in SERVICE_CLIENTS of auth', required: true }),
};

export type Config = SettingsOf<typeof settings>;

/** Reads the environment. Throws SettingsError naming all that is wrong. */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  return loadSettings(settings, env);
}
