import { contractDatabase, contractDatabaseName } from '@gaia/test-servers/postgres';
import { type Generated, type Kysely, sql } from 'kysely';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { type DatabaseOptions, openDatabase, pingDatabase } from '../src/database.ts';
import { DatabaseUnavailable, isUniqueViolation } from '../src/database-errors.ts';
import { migrate } from '../src/migrate.ts';

interface Tables {
  people: { id: Generated<number>; email: string; born: string | null };
}

const opened: Kysely<Tables>[] = [];
afterAll(() => Promise.all(opened.map((db) => db.destroy())));

async function openTables(options: Partial<DatabaseOptions> = {}): Promise<{ db: Kysely<Tables>; url: string }> {
  const { url } = await contractDatabase('database');
  await migrate({
    url,
    schema: 'shop',
    migrations: [
      {
        name: '0001-people',
        up: async (transaction) =>
          void (await sql`create table people (
            id bigint generated always as identity primary key,
            email text not null constraint people_email unique,
            born date
          )`.execute(transaction)),
      },
    ],
  });
  return { db: open({ url, ...options }), url };
}

function open(options: Partial<DatabaseOptions> & { url: string }): Kysely<Tables> {
  const db = openDatabase<Tables>({ schema: 'shop', applicationName: 'test', maxConnections: 2, ...options });
  opened.push(db);
  return db;
}

async function one<T>(db: Kysely<Tables>, query: string): Promise<T> {
  const { rows } = await sql.raw<T>(query).execute(db);
  if (rows[0] === undefined) throw new Error('no row');
  return rows[0];
}

describe(`openDatabase on ${contractDatabaseName()}`, () => {
  it('works in its schema, under its name', async () => {
    const { db } = await openTables({ applicationName: 'gaia-shop' });
    await db.insertInto('people').values({ email: 'ada@example.org' }).execute();
    expect(await one(db, `select schemaname from pg_stat_user_tables where relname = 'people'`)).toEqual({
      schemaname: 'shop',
    });
    expect(await one(db, `select current_setting('application_name') as name`)).toEqual({ name: 'gaia-shop' });
  });

  it('keeps the options of the URL beside its own', async () => {
    const { url } = await contractDatabase();
    const withOptions = new URL(url);
    withOptions.searchParams.set('options', '-c work_mem=3MB');
    const db = open({ url: withOptions.href });
    expect(
      await one(db, `select current_setting('work_mem') as memory, current_setting('search_path') as path`),
    ).toEqual({ memory: '3MB', path: 'shop,public' });
  });

  it('reads int8 as a number while that is exact, dates as text', async () => {
    const { db } = await openTables();
    await db.insertInto('people').values({ email: 'ada@example.org', born: '1815-12-10' }).execute();
    expect(await db.selectFrom('people').select(['id', 'born']).execute()).toEqual([{ id: 1, born: '1815-12-10' }]);
    expect(
      await one(
        db,
        `select count(*) as n, 9007199254740991 as largest, 9007199254740993 as larger, -9007199254740993 as smaller,
                array[1, null, 9007199254740993]::int8[] as several, array['2026-02-28'::date] as days, 0.10::numeric as exact`,
      ),
    ).toEqual({
      n: 1,
      largest: 9007199254740991,
      larger: 9007199254740993n,
      smaller: -9007199254740993n,
      several: [1, null, 9007199254740993n],
      days: ['2026-02-28'],
      exact: '0.10',
    });
  });

  it('runs several statements in one text', async () => {
    const { db } = await openTables();
    for (let i = 0; i < 4; i += 1) await sql`select 1; select 2`.execute(db);
  });

  it.each(['Shop', 'shop"', '', 'a-b', 'x'.repeat(64), 'shop,public'])('refuses the schema name %j', (schema) => {
    expect(() => openDatabase({ url: 'postgres://localhost/x', schema, applicationName: 'test' })).toThrow(TypeError);
  });
});

describe('prepared statements', () => {
  async function prepared(db: Kysely<Tables>): Promise<readonly string[]> {
    const { rows } = await sql<{ statement: string }>`select statement from pg_prepared_statements`.execute(db);
    return rows.map((row) => row.statement);
  }

  it('are kept for statements that come back', async () => {
    const { db } = await openTables({ maxConnections: 1 });
    const find = () => db.selectFrom('people').selectAll().where('id', '=', 1).execute();
    await find();
    expect(await prepared(db)).toEqual([]);
    for (let i = 0; i < 5; i += 1) await find();
    expect(await prepared(db)).toEqual(['select * from "people" where "id" = $1']);
  });

  it('survive a migration that changes the columns under them', async () => {
    const { db } = await openTables({ maxConnections: 1 });
    const find = () => db.selectFrom('people').selectAll().where('id', '>=', 1).execute();
    await db.insertInto('people').values({ email: 'ada@example.org' }).execute();
    for (let i = 0; i < 5; i += 1) await find();
    await sql`alter table people add column name text`.execute(db);
    expect(await find()).toEqual([{ id: 1, email: 'ada@example.org', born: null, name: null }]);
    for (let i = 0; i < 5; i += 1) await find();
    expect(await prepared(db)).toHaveLength(2);
  });

  it('tell the reason when that happens within a transaction', async () => {
    const { db } = await openTables({ maxConnections: 1 });
    const find = (on: Kysely<Tables>) => on.selectFrom('people').selectAll().where('id', '>=', 1).execute();
    for (let i = 0; i < 5; i += 1) await find(db);
    await sql`alter table people add column name text`.execute(db);
    await expect(db.transaction().execute(find)).rejects.toMatchObject({ code: '0A000' });
    await expect(db.transaction().execute(find)).resolves.toEqual([]);
  });
});

describe('errors', () => {
  it('name the constraint, and hold no data', async () => {
    const { db } = await openTables();
    const insert = () => db.insertInto('people').values({ email: 'ada@example.org' }).execute();
    await insert();
    const error = await insert().catch((caught: unknown) => caught);
    expect(isUniqueViolation(error)).toBe(true);
    expect(isUniqueViolation(error, 'people_email')).toBe(true);
    expect(isUniqueViolation(error, 'people_pkey')).toBe(false);
    expect(JSON.stringify({ ...(error as object), message: (error as Error).message })).not.toContain('ada@');
  });

  it.each([
    ['a port without a listener', 'postgres://gaia@127.0.0.1:1/gaia'],
    ['a socket that is not there', 'postgres://gaia@localhost/gaia?host=%2Fnonexistent'],
    ['a host that does not exist', 'postgres://gaia@gaia.invalid/gaia'],
  ])('say that the database is unavailable: %s', async (_case, url) => {
    const db = open({ url, connectTimeoutMs: 2_000 });
    await expect(db.selectFrom('people').selectAll().execute()).rejects.toMatchObject({ code: 'database_unavailable' });
    await expect(pingDatabase(db)).rejects.toBeInstanceOf(DatabaseUnavailable);
  });

  it('say so when no connection gets free in time', async () => {
    const { db } = await openTables({ maxConnections: 1, connectTimeoutMs: 500 });
    // On a busy machine a new connection can take longer than that.
    await vi.waitFor(() => pingDatabase(db), 10_000);
    await db.connection().execute(async () => {
      await expect(db.selectFrom('people').selectAll().execute()).rejects.toBeInstanceOf(DatabaseUnavailable);
    });
    await vi.waitFor(() => pingDatabase(db), 10_000);
  });

  it('say so when a statement takes too long, and the connection is of use again', async () => {
    const { db } = await openTables({ maxConnections: 1, statementTimeoutMs: 50 });
    await expect(sql`select pg_sleep(10)`.execute(db)).rejects.toBeInstanceOf(DatabaseUnavailable);
    await pingDatabase(db);
  });

  it('say so when the server ends the connection under a query, and the next query gets another', async () => {
    const { db, url } = await openTables({ maxConnections: 1 });
    const admin = open({ url, applicationName: 'admin' });
    const sleeping = sql`select pg_sleep(10)`.execute(db).catch((error: unknown) => error);
    await vi.waitFor(
      async () => {
        const { ended } = await one<{ ended: number }>(
          admin,
          `select count(pg_terminate_backend(pid)) as ended from pg_stat_activity where query = 'select pg_sleep(10)'`,
        );
        expect(ended).toBe(1);
      },
      { timeout: 15_000 },
    );
    expect(await sleeping).toBeInstanceOf(DatabaseUnavailable);
    await pingDatabase(db);
  });

  it('do not end the process when an idle connection breaks', async () => {
    const lines: string[] = [];
    const { db, url } = await openTables({ maxConnections: 1, log: (line) => lines.push(line) });
    const admin = open({ url, applicationName: 'admin' });
    await pingDatabase(db);
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'test'`.execute(admin);
    await vi.waitFor(() => expect(lines).toEqual(['a connection to the database broke: 57P01']), { timeout: 15_000 });
    await pingDatabase(db);
  });

  it('come from a ping that is not answered in time', async () => {
    const { db } = await openTables({ maxConnections: 1 });
    await db.connection().execute(async () => {
      await expect(pingDatabase(db, 30)).rejects.toBeInstanceOf(DatabaseUnavailable);
    });
  });
});
