import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type pg from 'pg';
import { asDatabaseError, DatabaseUnavailable } from './database-errors.ts';
import type { HealthMonitor } from './health-monitor.ts';
import type { PreparedStatements } from './prepared-statements.ts';
import type { QueryTimeoutTracker } from './query-timeouts.ts';

export interface PoolMonitors {
  readonly timeouts: QueryTimeoutTracker;
  readonly health: HealthMonitor;
}

export interface ReplaceablePool {
  current(): pg.Pool;
  replace(): void;
}

export function replaceablePool(open: () => pg.Pool): ReplaceablePool {
  let pool = open();
  return {
    current: () => pool,
    replace() {
      // Its connections may be dead, and pending ones hold slots until they time out.
      pool.end().catch(() => {});
      pool = open();
    },
  };
}

/** The driver's pool for Kysely, with prepared statements. Errors of the connection become DatabaseUnavailable. */
export function preparedStatementPool(
  pools: ReplaceablePool,
  names: PreparedStatements,
  { timeouts, health }: PoolMonitors,
): PostgresPool {
  const known = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  return {
    options: pools.current().options,
    end: async () => {
      timeouts.close();
      health.close();
      await pools.current().end();
    },
    connect: async () => {
      if (health.isUnavailable()) throw new DatabaseUnavailable();
      const client = await connection(pools.current(), timeouts);
      let named = known.get(client);
      if (!named) {
        named = preparedStatementClient(client, names, { timeouts, health });
        known.set(client, named);
      }
      return named;
    },
  };
}

/** The wait for a connection times out with the queries. */
function connection(pool: pg.Pool, timeouts: QueryTimeoutTracker): Promise<pg.PoolClient> {
  const isIdle = pool.idleCount > pool.waitingCount;
  const pending = pool.connect().catch((error) => {
    throw asDatabaseError(error);
  });
  return isIdle ? pending : withTimeout(pending, timeouts);
}

function withTimeout(pending: Promise<pg.PoolClient>, timeouts: QueryTimeoutTracker): Promise<pg.PoolClient> {
  return new Promise((resolve, reject) => {
    let timedOut = false;
    const settled = timeouts.start(() => {
      timedOut = true;
      reject(new DatabaseUnavailable());
    });
    pending.then(
      (client) => {
        settled(true);
        if (timedOut) client.release();
        else resolve(client);
      },
      (error) => {
        settled(false);
        reject(error);
      },
    );
  });
}

type Result = PostgresQueryResult<never>;
type Settle = { readonly resolve: (result: Result) => void; readonly reject: (error: unknown) => void };

function preparedStatementClient(
  client: pg.PoolClient,
  names: PreparedStatements,
  { timeouts, health }: PoolMonitors,
): PostgresPoolClient {
  // A broken connection can look alive, and one with a timed-out query still has a response to send.
  let broken = false;

  /** Callbacks: the promises of the driver are a measurable part of the cost of a short query. */
  function submit(name: string | undefined, text: string, values: unknown[], { resolve, reject }: Settle): void {
    if (health.isUnavailable()) {
      broken = true;
      reject(new DatabaseUnavailable());
      return;
    }
    const query = name === undefined ? { text, values } : { name, text, values };
    const settled = timeouts.start(() => {
      broken = true;
      reject(new DatabaseUnavailable());
    });
    client.query(query, (error: unknown, result: unknown) => {
      settled(!error || !(asDatabaseError(error) instanceof DatabaseUnavailable));
      if (error) reject(error);
      else resolve(result as Result);
    });
  }

  function run(text: string, values: unknown[], { resolve, reject }: Settle): void {
    const fail = (caught: unknown): void => {
      const error = asDatabaseError(caught);
      broken ||= error instanceof DatabaseUnavailable && !isStatementTimeout(caught);
      reject(error);
    };
    // The statement did not run, so a retry is safe; in a transaction the error has aborted it.
    const retry = (first: unknown): void => {
      names.replace(text);
      submit(undefined, text, values, {
        resolve,
        reject: (second) => fail(isInAbortedTransaction(second) ? first : second),
      });
    };
    // Without parameters a text can hold several statements, which cannot be prepared.
    const name = values.length > 0 ? names.nameOf(text) : undefined;
    const failed = (error: unknown): void => (name !== undefined && isOutdatedPlan(error) ? retry(error) : fail(error));
    submit(name, text, values, { resolve, reject: failed });
  }

  const query = (text: unknown, values: unknown[] = []): Promise<Result> => {
    if (typeof text !== 'string') throw new TypeError('cursors are not supported');
    return new Promise((resolve, reject) => run(text, values, { resolve, reject }));
  };
  return {
    query: query as unknown as PostgresPoolClient['query'],
    release: (destroy) => client.release(destroy === true || broken),
  };
}

/** A migration has changed a table's columns since the statement was prepared. */
function isOutdatedPlan(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return code === '0A000' && message === 'cached plan must not change result type';
}

function isInAbortedTransaction(error: unknown): boolean {
  return (error as { code?: string }).code === '25P02';
}

/** The connection stays usable after a statement timeout. */
function isStatementTimeout(error: unknown): boolean {
  return (error as { code?: string }).code === '57014';
}
