import { withTimeout } from '@gaia/promise-timeout';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { columnTypes } from './column-types.ts';
import { asDatabaseError, DatabaseUnavailable, isFull } from './database-errors.ts';
import { disabledHealthMonitor, startHealthMonitor } from './health-monitor.ts';
import { preparedStatementPool, replaceablePool } from './prepared-statement-pool.ts';
import { createPreparedStatements } from './prepared-statements.ts';
import { trackQueryTimeouts } from './query-timeouts.ts';

const DEFAULT_STATEMENT_TIMEOUT_MS = 15_000;
const PROBE_MS = 1_000;

export interface DatabaseOptions {
  readonly url: string;
  /** Schema of the service's tables: `[a-z][a-z0-9_]{0,62}`. Extensions are in `public`. */
  readonly schema: string;
  /** Visible in pg_stat_activity. */
  readonly applicationName: string;
  /** Default 10. */
  readonly maxConnections?: number;
  /** statement_timeout of the server; 0: none. Default 15,000. */
  readonly statementTimeoutMs?: number;
  /** A query fails, with its connection, after so many milliseconds without a response; 0: never. Default: 5 s more. */
  readonly responseTimeoutMs?: number;
  /** Longest wait for a connection, in milliseconds. Default 5,000. */
  readonly connectTimeoutMs?: number;
  readonly log?: (line: string) => void;
}

/**
 * A pool of connections behind Kysely. Connects when first used. End it with `destroy()`.
 *
 * Every query rejects with DatabaseUnavailable (`database_unavailable`) when the server is unreachable, does not respond in time or
 * has no connection left (an unresponsive server: within two seconds, then at once until it recovers). Other errors are those of
 * the driver, without personal data.
 */
export function openDatabase<DB>(options: DatabaseOptions): Kysely<DB> {
  const config = poolConfig(options);
  const { log = () => {}, statementTimeoutMs = DEFAULT_STATEMENT_TIMEOUT_MS } = options;
  const responseTimeoutMs = options.responseTimeoutMs ?? defaultResponseTimeout(statementTimeoutMs);
  const pools = replaceablePool(() => openPool(config, log));
  const timeouts = trackQueryTimeouts(responseTimeoutMs, () => performance.now());
  const onChange = (unavailable: boolean): void => {
    if (unavailable) pools.replace();
    log(unavailable ? 'the database is unavailable' : 'the database has recovered');
  };
  const probe = () => probeServer(config);
  const health = responseTimeoutMs === 0 ? disabledHealthMonitor : startHealthMonitor({ timeouts, probe, onChange });
  const pool = preparedStatementPool(pools, createPreparedStatements(), { timeouts, health });
  return new Kysely<DB>({ dialect: new PostgresDialect({ pool }) });
}

function openPool(config: pg.PoolConfig, log: (line: string) => void): pg.Pool {
  const pool = new pg.Pool(config);
  // An error event without a listener ends the process. Queries under way get the error themselves.
  pool.on('error', (error) => {
    // The pool is ending: connections may report the shutdown of the server.
    if (!pool.ending) log(`a connection to the database broke: ${(error as { code?: string }).code ?? error.message}`);
  });
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** Resolves if the server accepts a connection or refuses it itself. */
async function probeServer(config: pg.PoolConfig): Promise<void> {
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

/** Rejects with DatabaseUnavailable without a response within `timeoutMs`. */
export async function pingDatabase<DB>(db: Kysely<DB>, timeoutMs = 1_000): Promise<void> {
  try {
    await withTimeout(sql`select 1`.execute(db), timeoutMs);
  } catch (error) {
    throw new DatabaseUnavailable({ cause: asDatabaseError(error) });
  }
}

/** Above the server's own timeout: this one is for lost responses. */
function defaultResponseTimeout(statementTimeoutMs: number): number {
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
