import { runMain } from '@gaia/http-service/main';
import { type Config, loadConfig } from './config.ts';
import { migrateAuth } from './migrations.ts';
import { start } from './start.ts';

await runMain<Config>({
  name: 'auth',
  loadConfig,
  start: (config, { logger }) => start(config, { logger, announce: showAdministrator }),
  migrate: migrateAuth,
});

/** Shown once, on the terminal and never in the log. */
function showAdministrator({ email, password }: { email: string; password: string }): void {
  process.stdout.write(`auth: the administrator is ${email}, with the password ${password}\n`);
}
