import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { columnTypes } from './column-types.ts';
import { asDatabaseError, DatabaseUnavailable, isFull } from './database-errors.ts';
import { namedPool, renewablePool } from './named-pool.ts';
import { steadyPulse, takePulse } from './pulse.ts';
import { createStatementNames } from './statement-names.ts';
import { watchQueries } from './unanswered-queries.ts';

const DEFAULT_STATEMENT_TIMEOUT_MS = 15_000;
const PROBE_MS = 1_000;

export interface DatabaseOptions {
  readonly url: string;
  /** Where the service's tables are: `[a-z][a-z0-9_]{0,62}`. Functions of extensions are found in `public`. */
  readonly schema: string;
  /** Shown by the server in its list of sessions. */
  readonly applicationName: string;
  /** Default 10. */
  readonly maxConnections?: number;
  /** The server gives up a statement after so many milliseconds; 0: never. Default 15,000. */
  readonly statementTimeoutMs?: number;
  /** A query is given up, with its connection, after so many milliseconds without any answer; 0: never. Default: 5 s more. */
  readonly lostAfterMs?: number;
  /** Longest wait for a connection, in milliseconds. Default 5,000. */
  readonly connectTimeoutMs?: number;
  /** Gets one line when a connection that nobody uses breaks. */
  readonly log?: (line: string) => void;
}

/**
 * A pool of connections behind Kysely. Connects when first used. End it with `destroy()`.
 *
 * Every query rejects with DatabaseUnavailable (`database_unavailable`) when the server cannot be reached, does not answer
 * in time or has no connection left (a server that has fallen silent: within two seconds, and at once while it stays so);
 * with the driver's error, without people's data in it, for everything else.
 */
export function openDatabase<DB>(options: DatabaseOptions): Kysely<DB> {
  const config = poolConfig(options);
  const { log = () => {}, statementTimeoutMs = DEFAULT_STATEMENT_TIMEOUT_MS } = options;
  const lostAfterMs = options.lostAfterMs ?? defaultLostAfter(statementTimeoutMs);
  const pools = renewablePool(() => openPool(config, log));
  const watch = watchQueries(lostAfterMs, () => performance.now());
  const onChange = (away: boolean): void => {
    if (away) pools.renew();
    log(away ? 'the database does not answer' : 'the database answers again');
  };
  const probe = () => askServer(config);
  const pulse = lostAfterMs === 0 ? steadyPulse : takePulse({ watch, probe, onChange });
  const pool = namedPool(pools, createStatementNames(), { watch, pulse });
  return new Kysely<DB>({ dialect: new PostgresDialect({ pool }) });
}

function openPool(config: pg.PoolConfig, log: (line: string) => void): pg.Pool {
  const pool = new pg.Pool(config);
  // An error event without a listener ends the process. Queries under way get the error themselves.
  pool.on('error', (error) => {
    // A connection on its way out may still hear that the server ends.
    if (!pool.ending) log(`a connection to the database broke: ${(error as { code?: string }).code ?? error.message}`);
  });
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** Whether the server lets a new connection in, or at least refuses it by itself. */
async function askServer(config: pg.PoolConfig): Promise<void> {
  const client = new pg.Client({ ...config, connectionTimeoutMillis: PROBE_MS });
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    if (asDatabaseError(error) instanceof DatabaseUnavailable && !isFull(error)) throw error;
  } finally {
    client.end().catch(() => {});
  }
}

/** Resolves when the database answers; rejects with DatabaseUnavailable if it has not within `timeoutMs` (1,000). */
export async function pingDatabase<DB>(db: Kysely<DB>, timeoutMs = 1_000): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new DatabaseUnavailable()), timeoutMs);
  });
  try {
    await Promise.race([sql`select 1`.execute(db), late]);
  } catch (error) {
    throw error instanceof DatabaseUnavailable ? error : new DatabaseUnavailable({ cause: asDatabaseError(error) });
  } finally {
    clearTimeout(timer);
  }
}

/** Above the server's own timeout: this one is for answers that get lost. */
function defaultLostAfter(statementTimeoutMs: number): number {
  return statementTimeoutMs === 0 ? 0 : statementTimeoutMs + 5_000;
}

function poolConfig(options: DatabaseOptions): pg.PoolConfig {
  const {
    schema,
    maxConnections = 10,
    statementTimeoutMs = DEFAULT_STATEMENT_TIMEOUT_MS,
    connectTimeoutMs = 5_000,
  } = options;
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(schema)) throw new TypeError(`"${schema}" cannot be a schema's name`);
  if (!Number.isInteger(maxConnections) || maxConnections < 1) throw new TypeError('maxConnections must be at least 1');
  // The driver lets the URL's parameters win, and these options have to be added to the URL's.
  const url = new URL(options.url);
  const given = url.searchParams.get('options');
  url.searchParams.delete('options');
  return {
    connectionString: url.href,
    options: [given, `-c search_path=${schema},public`].filter((part) => part !== null).join(' '),
    application_name: options.applicationName,
    max: maxConnections,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: 30_000,
    maxLifetimeSeconds: 3_600,
    keepAlive: true,
    types: columnTypes,
    ...(statementTimeoutMs > 0 && {
      statement_timeout: statementTimeoutMs,
      idle_in_transaction_session_timeout: statementTimeoutMs * 2,
    }),
  };
}
