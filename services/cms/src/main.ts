import { runMain } from '@gaia/http-service/main';
import { type Config, loadConfig } from './config.ts';
import { migrateDatabase, start } from './start.ts';

await runMain<Config>({ name: 'cms', loadConfig, start, migrate: migrateDatabase });
