import process from 'node:process';
import { parseArgs } from 'node:util';
import { SettingsError } from '@gaia/settings';
import { banner } from './banner.ts';
import { loadConfig, type SuiteConfig } from './config.ts';
import { type Suite, type SuiteOptions, startSuite } from './suite.ts';

const help = `Starts the whole of Gaia.

  npm start                  all services in one process
  npm start -- --separate    one process a service, started again when it ends (needs REDIS_URL)
  npm start -- --migrate     only brings the databases up to date
  npm start -- --control     only auth, without a port, until standard input ends; gaia users … does it by itself

Settings are environment variables; docs/configuration.md lists them. The important ones:
  PORT=8080              the gateway's port; the other services take the next five
  GAIA_DATA_DIR=.gaia    the folder that holds everything
  DATABASE_URL, REDIS_URL, PUBLIC_URL, GAIA_ADMIN_EMAIL, GAIA_ADMIN_PASSWORD, GAIA_DEMO=0
`;

/** Exit codes: 0 clean end, 1 failure, 2 wrong use or configuration. */
async function main(): Promise<void> {
  const started = performance.timeOrigin;
  const say = (line: string) => process.stdout.write(`[${((Date.now() - started) / 1000).toFixed(1)} s] ${line}\n`);
  const options = readArguments();
  if (options === undefined) return;
  const config = readConfig();
  if (config === undefined) return;
  if (options.mode === 'separate' && config.REDIS_URL === undefined) {
    fail(2, 'Separate processes share their state through Redis: set REDIS_URL (redis://127.0.0.1:6379).');
    return;
  }
  const failure = Promise.withResolvers<Error>();
  let suite: Suite | undefined;
  const end = createEnd(config);
  endOnSignal(() => suite, end);
  try {
    suite = await startSuite({
      config,
      env: process.env,
      mode: options.mode,
      say,
      onFailure: failure.resolve,
    });
  } catch (error) {
    fail(1, explain(error, config));
    process.exit();
  }
  if (options.mode === 'migrate') await end.close(suite);
  void failure.promise.then((error) => endAfter(error, suite, end));
  if (options.mode === 'control') process.stdin.once('close', () => void end.close(suite)).resume();
  else process.stdout.write(banner(config, suite.administrator));
}

function readArguments(): { mode: SuiteOptions['mode'] } | undefined {
  try {
    const { values } = parseArgs({
      options: {
        separate: { type: 'boolean', default: false },
        migrate: { type: 'boolean', default: false },
        control: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const mode = (['migrate', 'control', 'separate'] as const).find((one) => values[one]) ?? 'together';
    if (!values.help) return { mode };
    process.stdout.write(help);
  } catch (error) {
    fail(2, `${error instanceof Error ? error.message : error}\n\n${help}`);
  }
  return undefined;
}

function readConfig(): SuiteConfig | undefined {
  try {
    return loadConfig(process.env, process.cwd());
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    fail(2, error.message);
    return undefined;
  }
}

interface End {
  hasBegun(): boolean;
  /** Closes everything and ends the process, whatever has been closed by then, when its time is over. */
  close(suite: Suite): Promise<never>;
}

function createEnd(config: SuiteConfig): End {
  let ending: Promise<never> | undefined;
  async function close(suite: Suite): Promise<never> {
    setTimeout(() => {
      fail(1, 'Not everything has ended in time: what is left is cut off.');
      process.exit();
    }, config.SHUTDOWN_TIMEOUT_MS);
    await suite.close().catch((error: unknown) => fail(1, String(error)));
    process.exit();
  }
  return {
    hasBegun: () => ending !== undefined,
    close(suite) {
      ending ??= close(suite);
      return ending;
    },
  };
}

/** Ends on a signal, and at once on a second one, or on one that comes before everything has started. */
function endOnSignal(started: () => Suite | undefined, end: End): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      const suite = started();
      if (end.hasBegun() || suite === undefined) process.exit(1);
      process.stdout.write('\nEnding ...\n');
      void end.close(suite);
    });
  }
}

/**
 * A suite that answers 503 for ever would look alive to whatever watches over it: it ends, so that it is started again,
 * which recovers the data.
 */
async function endAfter(error: Error, suite: Suite, end: End): Promise<void> {
  fail(1, `${error.message}\nNothing works without it: Gaia ends. The next start recovers what was committed.`);
  await end.close(suite);
}

function explain(error: unknown, config: SuiteConfig): string {
  const { code, port } = error as { code?: string; port?: number };
  if (code === 'EADDRINUSE') {
    return `Port ${port ?? config.PORT} is taken by another program. Choose another: PORT=9080 npm start`;
  }
  return error instanceof Error ? error.message : String(error);
}

function fail(code: number, message: string): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = code;
}

await main();
