import { databaseSettings } from '@gaia/database/settings';
import { serviceSettings } from '@gaia/http-service/settings';
import { loadSettings, type SettingsOf } from '@gaia/settings';
import { stateSettings } from '@gaia/state/settings';
import { guardSettings } from '@gaia/token-guard/settings';

export const settings = {
  ...serviceSettings(8082),
  ...databaseSettings,
  ...stateSettings(),
  ...guardSettings,
};

export type Config = SettingsOf<typeof settings>;

/** Reads the environment. Throws SettingsError naming all that is wrong. */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  return loadSettings(settings, env);
}
