import { SettingsError } from '@gaia/settings';
import type { FastifyInstance } from 'fastify';
import { createLogger, type Logger } from './logger.ts';

interface ListeningConfig {
  readonly HOST: string;
  readonly PORT: number;
  readonly LOG_LEVEL: string;
  readonly SHUTDOWN_TIMEOUT_MS: number;
}

type App = Pick<FastifyInstance, 'listen' | 'close' | 'shutdown'>;

export interface MainOptions<Config extends ListeningConfig> {
  readonly name: string;
  loadConfig(env: NodeJS.ProcessEnv): Config;
  /** Opens what the service needs and builds its app; closing the app closes all of it. */
  start(config: Config, deps: { logger: Logger }): Promise<App>;
  /**
   * Whether it goes on taking new connections for a moment before it ends, and tells each client: right behind a gateway
   * that then stops sending, and wrong where clients come back at once. True if not said.
   */
  readonly drainsFirst?: boolean;
  /** Brings the service's database up to date; for `main.ts migrate`. */
  migrate?(config: Config): Promise<readonly string[]>;
}

/** Longest time in which open connections are told to close before the service stops listening, in milliseconds. */
const DRAIN_MS = 1_500;
/** Share of the time for the end in which open requests are finished; the rest is for closing what the service has open. */
const SHARE_OF_REQUESTS = 2 / 3;

/**
 * Runs one service as a process: reads the environment once, listens, ends cleanly on SIGTERM, SIGINT and the end of
 * its supervisor, within SHUTDOWN_TIMEOUT_MS, and at once on a second signal. `main.ts migrate` only migrates. Exit codes: 0 clean end, 1 failure, 2 unusable configuration.
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
    const drainMs = (options.drainsFirst ?? true) ? DRAIN_MS : 0;
    closeOnSignal(app, logger, { drainMs, timeoutMs: config.SHUTDOWN_TIMEOUT_MS });
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

/** A supervisor that is killed takes its end of the channel with it: its services end too, and leave their ports. */
function closeOnSignal(app: App, logger: Logger, { drainMs, timeoutMs }: { drainMs: number; timeoutMs: number }): void {
  let closing = false;
  const close = (why: string) => {
    closing = true;
    logger.info({ why }, 'closing');
    setTimeout(() => process.exit(1), timeoutMs).unref();
    const requestsMs = timeoutMs * SHARE_OF_REQUESTS;
    app.shutdown.cutConnectionsAfter(requestsMs);
    app.shutdown
      .drain(Math.min(drainMs, requestsMs))
      .then(() => app.close())
      .then(
        () => process.exit(0),
        () => process.exit(1),
      );
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (closing) process.exit(1);
      close(signal);
    });
  }
  process.once('disconnect', () => {
    if (!closing) close('the supervisor has ended');
  });
}
