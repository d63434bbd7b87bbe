import process from 'node:process';
import { parseArgs } from 'node:util';
import { SettingsError } from '@gaia/settings';
import { banner } from './banner.ts';
import { loadConfig, type SuiteConfig } from './config.ts';
import { type Suite, type SuiteOptions, startSuite } from './suite.ts';

const help = `Starts the whole of Gaia.

  npm start                  all services in one process
  npm start -- --separate    one process a service (needs REDIS_URL)
  npm start -- --migrate     only brings the databases up to date
  npm start -- --control     only auth, without a port, until standard input ends; gaia users … does it by itself

Settings are environment variables; README.md lists them. The important ones:
  PORT=8080              the gateway's port; the other services take the next five
  GAIA_DATA_DIR=.gaia    the folder that holds everything
  DATABASE_URL, REDIS_URL, PUBLIC_URL, GAIA_ADMIN_EMAIL, GAIA_ADMIN_PASSWORD, GAIA_DEMO=0
`;

const END_WITHIN_MS = 10_000;

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
  const databaseEnd = Promise.withResolvers<Error>();
  let suite: Suite;
  try {
    suite = await startSuite({
      config,
      env: process.env,
      mode: options.mode,
      say,
      onDatabaseEnd: databaseEnd.resolve,
    });
  } catch (error) {
    fail(1, explain(error, config));
    process.exit();
  }
  if (options.mode === 'migrate') {
    await suite.close();
    return;
  }
  const end = endOnSignal(suite);
  void databaseEnd.promise.then((error) => endWithDatabase(suite, error));
  if (options.mode === 'control') process.stdin.once('close', end).resume();
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

/** Gives what ends the suite, once. */
function endOnSignal(suite: Suite): () => void {
  let ending = false;
  const end = () => {
    if (ending) return;
    ending = true;
    process.stdout.write('\nEnding ...\n');
    suite.close().then(
      () => process.exit(0),
      (error: unknown) => {
        fail(1, String(error));
        process.exit();
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  return end;
}

/**
 * A suite that answers 503 for ever would look alive to whatever watches over it: it ends, so that it is started again,
 * which recovers the data.
 */
async function endWithDatabase(suite: Suite, error: Error): Promise<void> {
  fail(1, `${error.message}\nNothing works without it: Gaia ends. The next start recovers what was committed.`);
  setTimeout(() => process.exit(), END_WITHIN_MS);
  await suite.close().catch((failure: unknown) => fail(1, String(failure)));
  process.exit();
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
