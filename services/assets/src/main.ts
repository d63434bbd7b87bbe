import { runMain } from '@gaia/http-service/main';
import { type Config, loadConfig } from './config.ts';
import { migrateDatabase, start } from './start.ts';

await runMain<Config>({ name: 'assets', loadConfig, start, migrate: migrateDatabase });
