import { runMain } from '@gaia/http-service/main';
import { loadConfig } from './config.ts';
import { start } from './start.ts';

await runMain({ name: 'gateway', loadConfig, start, drainsFirst: false });
