import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type pg from 'pg';
import { asDatabaseError, DatabaseUnavailable } from './database-errors.ts';
import type { StatementNames } from './statement-names.ts';
import type { Watch } from './unanswered-queries.ts';

/** The driver's pool as Kysely sees it: statements get names, and errors that mean "no answer" become DatabaseUnavailable. */
export function namedPool(pool: pg.Pool, names: StatementNames, watch: Watch): PostgresPool {
  const known = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  return {
    options: pool.options,
    end: async () => {
      watch.close();
      await pool.end();
    },
    connect: async () => {
      const client = await pool.connect().catch((error) => {
        throw asDatabaseError(error);
      });
      let named = known.get(client);
      if (!named) {
        named = namedClient(client, names, watch);
        known.set(client, named);
      }
      return named;
    },
  };
}

type Result = PostgresQueryResult<never>;
type Settle = { readonly resolve: (result: Result) => void; readonly reject: (error: unknown) => void };

function namedClient(client: pg.PoolClient, names: StatementNames, watch: Watch): PostgresPoolClient {
  // Such a connection may look alive for a moment, or still owe the answer to a query that was given up.
  let broken = false;

  /** Callbacks, because the driver's own promises are a part of a short query's cost that can be seen. */
  function submit(name: string | undefined, text: string, values: unknown[], { resolve, reject }: Settle): void {
    const query = name === undefined ? { text, values } : { name, text, values };
    const answered = watch.start(() => {
      broken = true;
      reject(new DatabaseUnavailable());
    });
    client.query(query, (error: unknown, result: unknown) => {
      answered();
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
