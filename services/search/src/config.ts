import { auditSettings } from '@gaia/audit-log/settings';
import { databaseSettings } from '@gaia/database/settings';
import { feedSettings } from '@gaia/feed-follower/settings';
import { serviceSettings } from '@gaia/http-service/settings';
import { loadSettings, type SettingsOf } from '@gaia/settings';
import { stateSettings } from '@gaia/state/settings';
import { guardSettings } from '@gaia/token-guard/settings';

export const settings = {
  ...serviceSettings(8084),
  ...databaseSettings,
  ...auditSettings,
  ...stateSettings(),
  ...guardSettings,
  ...feedSettings('search'),
};

export type Config = SettingsOf<typeof settings>;

/** Reads the environment. Throws SettingsError naming all that is wrong. */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  return loadSettings(settings, env);
}
