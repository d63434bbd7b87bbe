import { SettingsError } from '@gaia/settings';
import type { FastifyInstance } from 'fastify';
import { createLogger, type Logger } from './logger.ts';

interface ListeningConfig {
  readonly HOST: string;
  readonly PORT: number;
  readonly LOG_LEVEL: string;
}

export interface MainOptions<Config extends ListeningConfig> {
  readonly name: string;
  loadConfig(env: NodeJS.ProcessEnv): Config;
  /** Opens what the service needs and builds its app; closing the app closes all of it. */
  start(config: Config, deps: { logger: Logger }): Promise<Pick<FastifyInstance, 'listen' | 'close' | 'farewell'>>;
  /**
   * Whether it says farewell before it ends: it then goes on taking new connections for a moment, which is right behind a
   * gateway that stops sending, and wrong where clients come back at once. True if not said.
   */
  readonly saysFarewell?: boolean;
  /** Brings the service's database up to date; for `main.ts migrate`. */
  migrate?(config: Config): Promise<readonly string[]>;
}

/** Longest time in which a service leads its open connections to their last answer, in milliseconds. */
const FAREWELL_MS = 1_500;
/** Longest time that a service takes to finish open requests after SIGTERM or SIGINT, in milliseconds. */
const DRAIN_MS = 15_000;

/**
 * Runs one service as a process: reads the environment once, listens, ends cleanly on SIGTERM and SIGINT.
 * `main.ts migrate` only migrates. Exit codes: 0 clean end, 1 failure, 2 unusable configuration.
 */
export async function runMain<Config extends ListeningConfig>(options: MainOptions<Config>): Promise<void> {
  const config = readConfig(options);
  if (config === undefined) return;
  const logger = createLogger({ service: options.name, level: config.LOG_LEVEL });
  try {
    if (process.argv[2] === 'migrate') {
      const done = (await options.migrate?.(config)) ?? [];
      process.stdout.write(`${options.name}: ${done.length > 0 ? `migrated ${done.join(', ')}` : 'up to date'}\n`);
      return;
    }
    const app = await options.start(config, { logger });
    closeOnSignal(app, logger, (options.saysFarewell ?? true) ? FAREWELL_MS : 0);
    await app.listen({ host: config.HOST, port: config.PORT });
    logger.info({ host: config.HOST, port: config.PORT }, 'listening');
  } catch (error) {
    logger.fatal({ err: error }, 'could not start');
    process.stderr.write(`${options.name}: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
    setTimeout(() => process.exit(1), 1_000).unref();
  }
}

function readConfig<Config extends ListeningConfig>(options: MainOptions<Config>): Config | undefined {
  try {
    return options.loadConfig(process.env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${options.name}: ${error.message}\n`);
    process.exitCode = 2;
    return undefined;
  }
}

function closeOnSignal(app: Pick<FastifyInstance, 'close' | 'farewell'>, logger: Logger, farewellMs: number): void {
  let closing = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (closing) return;
      closing = true;
      logger.info({ signal }, 'closing');
      setTimeout(() => process.exit(1), DRAIN_MS).unref();
      app.farewell
        .say(farewellMs)
        .then(() => app.close())
        .then(
          () => process.exit(0),
          () => process.exit(1),
        );
    });
  }
}
