import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { openDatabase } from './database.ts';

export interface Migration {
  /** `0001-users`: four digits, which rise, and words. */
  readonly name: string;
  /** Runs in a transaction of its own, with the schema as search path. */
  up(db: Kysely<unknown>): Promise<void>;
}

export interface MigrateOptions {
  readonly url: string;
  readonly schema: string;
  readonly migrations: readonly Migration[];
  /** PostgreSQL extensions to be there before; made in `public`. */
  readonly extensions?: readonly string[];
  readonly log?: (line: string) => void;
  /** Longest wait for another replica that migrates the same schema, in milliseconds. Default 120,000. */
  readonly waitMs?: number;
}

export type MigrationErrorCode =
  /** The database has been migrated by a newer version of the code. */
  | 'schema_newer'
  /** A migration would have to run before one that has run already. */
  | 'migrations_out_of_order'
  /** Another process has been migrating the schema for longer than `waitMs`. */
  | 'migration_lock_timeout'
  /** A migration threw; nothing of it stays, the ones before it do. */
  | 'migration_failed';

export class MigrationError extends Error {
  readonly code: MigrationErrorCode;
  constructor(code: MigrationErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'MigrationError';
    this.code = code;
  }
}

/**
 * Brings a schema up to the code's migrations, making it if it is missing; gives the names of those that ran.
 * Any number of replicas may call it at once: one works, the others wait and find nothing to do.
 * Throws MigrationError, or DatabaseUnavailable.
 */
export async function migrate(options: MigrateOptions): Promise<readonly string[]> {
  const { url, schema, migrations, log = () => {}, waitMs = 120_000 } = options;
  assertOrdered(migrations);
  const db = openDatabase<unknown>({
    url,
    schema,
    applicationName: `gaia-migrate-${schema}`,
    maxConnections: 1,
    statementTimeoutMs: 0,
  });
  try {
    return await db.connection().execute(async (connection) => {
      // The session's end frees its locks too, so a replica that dies while migrating does not block the others.
      if (options.extensions?.length) {
        const unlock = await lock(connection, 'extensions', waitMs);
        for (const name of options.extensions) await createExtension(connection, name);
        await unlock();
      }
      await lock(connection, `schema ${schema}`, waitMs);
      const done = await prepareSchema(connection, schema);
      const applied: string[] = [];
      for (const migration of pending(schema, migrations, done)) {
        await apply(connection, schema, migration);
        log(`migrated ${schema}: ${migration.name}`);
        applied.push(migration.name);
      }
      return applied;
    });
  } finally {
    await db.destroy();
  }
}

function assertOrdered(migrations: readonly Migration[]): void {
  let last = '';
  for (const { name } of migrations) {
    if (!/^\d{4}-[a-z0-9-]{1,80}$/.test(name)) throw new TypeError(`"${name}" is not a migration's name`);
    if (name.slice(0, 4) <= last)
      throw new TypeError(`migration ${name} must have a higher number than the one before it`);
    last = name.slice(0, 4);
  }
}

async function lock(db: Kysely<unknown>, what: string, waitMs: number): Promise<() => Promise<unknown>> {
  const key = createHash('sha256').update(`gaia migrate ${what}`).digest().readBigInt64BE().toString();
  try {
    await sql`select set_config('lock_timeout', ${String(waitMs)}, false)`.execute(db);
    await sql`select pg_advisory_lock(${key}::bigint)`.execute(db);
  } catch (cause) {
    if ((cause as { code?: string }).code !== '55P03') throw cause;
    throw new MigrationError('migration_lock_timeout', `another process has held the ${what} for ${waitMs} ms`, {
      cause,
    });
  }
  // A migration that waits for a table makes everybody queue behind it: better to fail and to be started again.
  await sql`select set_config('lock_timeout', '15000', false)`.execute(db);
  return () => sql`select pg_advisory_unlock(${key}::bigint)`.execute(db);
}

async function createExtension(db: Kysely<unknown>, name: string): Promise<void> {
  const { rows } = await sql`select 1 from pg_extension where extname = ${name}`.execute(db);
  if (rows.length === 0) await sql`create extension if not exists ${sql.id(name)} with schema public`.execute(db);
}

/** Names of the migrations that have run. Existing objects are not created again, because that can need more rights. */
async function prepareSchema(db: Kysely<unknown>, schema: string): Promise<readonly string[]> {
  const { rows } = await sql<{ schema: boolean; migrations: boolean }>`
    select to_regnamespace(${schema}) is not null as schema,
           to_regclass(${`${schema}.migrations`}) is not null as migrations`.execute(db);
  if (!rows[0]?.schema) await sql`create schema ${sql.id(schema)}`.execute(db);
  if (!rows[0]?.migrations) {
    await sql`create table ${sql.id(schema, 'migrations')} (
      name text primary key,
      applied_at timestamptz not null default now()
    )`.execute(db);
  }
  const done = await sql<{ name: string }>`select name from ${sql.id(schema, 'migrations')} order by name`.execute(db);
  return done.rows.map((row) => row.name);
}

function pending(schema: string, migrations: readonly Migration[], done: readonly string[]): readonly Migration[] {
  const unknown = done.find((name) => !migrations.some((migration) => migration.name === name));
  if (unknown !== undefined) {
    throw new MigrationError(
      'schema_newer',
      `the schema ${schema} has the migration ${unknown}, which this version does not know: start the newer version`,
    );
  }
  const missed = done.findIndex((name, index) => migrations[index]?.name !== name);
  if (missed !== -1) {
    throw new MigrationError(
      'migrations_out_of_order',
      `the migration ${migrations[missed]?.name} of the schema ${schema} stands before ${done[missed]}, which has run already`,
    );
  }
  return migrations.slice(done.length);
}

async function apply(db: Kysely<unknown>, schema: string, migration: Migration): Promise<void> {
  try {
    await db.transaction().execute(async (transaction) => {
      await migration.up(transaction);
      await sql`insert into ${sql.id(schema, 'migrations')} (name) values (${migration.name})`.execute(transaction);
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MigrationError('migration_failed', `the migration ${migration.name} of ${schema} failed: ${reason}`, {
      cause,
    });
  }
}
