import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type pg from 'pg';
import { asDatabaseError, DatabaseUnavailable } from './database-errors.ts';
import type { Pulse } from './pulse.ts';
import type { StatementNames } from './statement-names.ts';
import type { Watch } from './unanswered-queries.ts';

export interface PoolWatch {
  readonly watch: Watch;
  readonly pulse: Pulse;
}

/** A pool that can be changed for a new one, with none of the connections of the old. */
export interface RenewablePool {
  current(): pg.Pool;
  renew(): void;
}

export function renewablePool(open: () => pg.Pool): RenewablePool {
  let pool = open();
  return {
    current: () => pool,
    renew() {
      // Its connections may lead nowhere, and those that are being made hold places until they time out.
      pool.end().catch(() => {});
      pool = open();
    },
  };
}

/** The driver's pool as Kysely sees it: statements get names, and errors that mean "no answer" become DatabaseUnavailable. */
export function namedPool(pools: RenewablePool, names: StatementNames, { watch, pulse }: PoolWatch): PostgresPool {
  const known = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  return {
    options: pools.current().options,
    end: async () => {
      watch.close();
      pulse.close();
      await pools.current().end();
    },
    connect: async () => {
      if (pulse.isAway()) throw new DatabaseUnavailable();
      const client = await connection(pools.current(), watch);
      let named = known.get(client);
      if (!named) {
        named = namedClient(client, names, { watch, pulse });
        known.set(client, named);
      }
      return named;
    },
  };
}

/** An idle connection at once, else one that has to be waited for: that wait too is given up with all others. */
function connection(pool: pg.Pool, watch: Watch): Promise<pg.PoolClient> {
  const isThere = pool.idleCount > pool.waitingCount;
  const coming = pool.connect().catch((error) => {
    throw asDatabaseError(error);
  });
  return isThere ? coming : withPatience(coming, watch);
}

function withPatience(coming: Promise<pg.PoolClient>, watch: Watch): Promise<pg.PoolClient> {
  return new Promise((resolve, reject) => {
    let givenUp = false;
    const answered = watch.start(() => {
      givenUp = true;
      reject(new DatabaseUnavailable());
    });
    coming.then(
      (client) => {
        answered(true);
        if (givenUp) client.release();
        else resolve(client);
      },
      (error) => {
        answered(false);
        reject(error);
      },
    );
  });
}

type Result = PostgresQueryResult<never>;
type Settle = { readonly resolve: (result: Result) => void; readonly reject: (error: unknown) => void };

function namedClient(client: pg.PoolClient, names: StatementNames, { watch, pulse }: PoolWatch): PostgresPoolClient {
  // Such a connection may look alive for a moment, or still owe the answer to a query that was given up.
  let broken = false;

  /** Callbacks, because the driver's own promises are a part of a short query's cost that can be seen. */
  function submit(name: string | undefined, text: string, values: unknown[], { resolve, reject }: Settle): void {
    if (pulse.isAway()) {
      broken = true;
      reject(new DatabaseUnavailable());
      return;
    }
    const query = name === undefined ? { text, values } : { name, text, values };
    const answered = watch.start(() => {
      broken = true;
      reject(new DatabaseUnavailable());
    });
    client.query(query, (error: unknown, result: unknown) => {
      answered(!error || !(asDatabaseError(error) instanceof DatabaseUnavailable));
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
    // Refused before it ran, so it may run again; not within a transaction, which the refusal has ended.
    const retry = (first: unknown): void => {
      names.renew(text);
      submit(undefined, text, values, {
        resolve,
        reject: (second) => fail(isInAbortedTransaction(second) ? first : second),
      });
    };
    // Without parameters a text may hold several statements, which cannot be prepared.
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

/** The one way of not answering that leaves the connection whole. */
function isStatementTimeout(error: unknown): boolean {
  return (error as { code?: string }).code === '57014';
}
