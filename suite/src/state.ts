import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@gaia/http-service/logger';
import { openState } from '@gaia/state/open';
import { openSqliteState } from '@gaia/state/sqlite';
import type { State } from '@gaia/state/state';
import type { SuiteConfig } from './config.ts';

const fileOf = (config: SuiteConfig): string => join(config.dataDir, 'state.sqlite');

/** What the services of one process share: in Redis where REDIS_URL names one, else in memory and in a file. */
export async function openSuiteState(config: SuiteConfig, log: Logger): Promise<State> {
  const { REDIS_URL: redisUrl } = config;
  if (redisUrl !== undefined) return openState({ redisUrl, now: Date.now, log });
  return openSqliteState({ file: fileOf(config), now: Date.now, log });
}

/** Where state is in Redis, sessions end that a file of earlier does not hear of: they must not come back with it. */
export async function discardOutdatedState(config: SuiteConfig): Promise<void> {
  if (config.REDIS_URL === undefined) return;
  for (const suffix of ['', '-wal', '-shm']) await rm(`${fileOf(config)}${suffix}`, { force: true });
}
