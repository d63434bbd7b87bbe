import { contractDatabase, contractDatabaseName } from '@gaia/test-servers/postgres';
import { type Kysely, sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../src/database.ts';
import { type Migration, migrate } from '../src/migrate.ts';

const people: Migration = {
  name: '0001-people',
  up: async (db) => void (await sql`create table people (id int primary key)`.execute(db)),
};
const names: Migration = {
  name: '0002-names',
  up: async (db) => void (await sql`alter table people add column name text`.execute(db)),
};

async function withDatabase<T>(url: string, use: (db: Kysely<unknown>) => Promise<T>): Promise<T> {
  const db = openDatabase<unknown>({ url, schema: 'shop', applicationName: 'test', maxConnections: 1 });
  try {
    return await use(db);
  } finally {
    await db.destroy();
  }
}

describe(`migrate on ${contractDatabaseName()}`, () => {
  it('makes the schema, runs each migration once and goes on where it was', async () => {
    const { url } = await contractDatabase('migrate');
    expect(await migrate({ url, schema: 'shop', migrations: [people] })).toEqual(['0001-people']);
    expect(await migrate({ url, schema: 'shop', migrations: [people] })).toEqual([]);
    expect(await migrate({ url, schema: 'shop', migrations: [people, names] })).toEqual(['0002-names']);
    await withDatabase(url, (db) => sql`insert into people (id, name) values (1, 'Ada')`.execute(db));
  });

  it('runs each migration once however many replicas start', async () => {
    const { url } = await contractDatabase('migrate');
    const runs = await Promise.all(
      Array.from({ length: 6 }, () =>
        migrate({ url, schema: 'shop', migrations: [people, names], extensions: ['pg_trgm'] }),
      ),
    );
    expect(runs.flat().sort()).toEqual(['0001-people', '0002-names']);
  });

  it('keeps schemas of one database apart', async () => {
    const { url } = await contractDatabase('migrate');
    await Promise.all(
      ['shop', 'club', 'gym'].map((schema) => migrate({ url, schema, migrations: [people], extensions: ['unaccent'] })),
    );
    const { rows } = await withDatabase(url, (db) =>
      sql<{ schema: string }>`select schemaname as schema from pg_tables where tablename = 'people' order by 1`.execute(
        db,
      ),
    );
    expect(rows.map((row) => row.schema)).toEqual(['club', 'gym', 'shop']);
  });

  it('refuses a database that is newer than the code', async () => {
    const { url } = await contractDatabase('migrate');
    await migrate({ url, schema: 'shop', migrations: [people, names] });
    await expect(migrate({ url, schema: 'shop', migrations: [people] })).rejects.toMatchObject({
      code: 'schema_newer',
      message: expect.stringContaining('0002-names'),
    });
  });

  it('refuses to run a migration before one that has run', async () => {
    const { url } = await contractDatabase('migrate');
    await migrate({ url, schema: 'shop', migrations: [people, { ...names, name: '0003-names' }] });
    await expect(
      migrate({ url, schema: 'shop', migrations: [people, names, { ...names, name: '0003-names' }] }),
    ).rejects.toMatchObject({ code: 'migrations_out_of_order' });
  });

  it('leaves nothing of a migration that fails, and all of those before it', async () => {
    const { url } = await contractDatabase('migrate');
    const broken: Migration = {
      name: '0002-broken',
      up: async (db) => {
        await sql`create table half (id int)`.execute(db);
        await sql`select * from nowhere`.execute(db);
      },
    };
    await expect(migrate({ url, schema: 'shop', migrations: [people, broken] })).rejects.toMatchObject({
      code: 'migration_failed',
      message: expect.stringContaining('0002-broken'),
    });
    const { rows } = await withDatabase(url, (db) =>
      sql<{ name: string }>`select tablename as name from pg_tables where schemaname = 'shop' order by 1`.execute(db),
    );
    expect(rows.map((row) => row.name)).toEqual(['migrations', 'people']);
    expect(await migrate({ url, schema: 'shop', migrations: [people, names] })).toEqual(['0002-names']);
  });

  it('gives up waiting for another replica after the bound', async () => {
    const { url } = await contractDatabase('migrate');
    const working = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<void>();
    const slow: Migration = {
      name: '0001-slow',
      up: async () => {
        working.resolve();
        await finish.promise;
      },
    };
    const first = migrate({ url, schema: 'shop', migrations: [slow] });
    await working.promise;
    await expect(migrate({ url, schema: 'shop', migrations: [slow], waitMs: 50 })).rejects.toMatchObject({
      code: 'migration_lock_timeout',
    });
    finish.resolve();
    expect(await first).toEqual(['0001-slow']);
  });

  it.each([
    ['a name without a number', ['users']],
    ['a number twice', ['0001-a', '0001-b']],
    ['numbers that fall', ['0002-a', '0001-b']],
  ])('refuses %s before it connects', async (_case, wrong) => {
    const migrations = wrong.map((name) => ({ name, up: async () => {} }));
    await expect(
      migrate({ url: 'postgres://nobody@127.0.0.1:1/x', schema: 'shop', migrations }),
    ).rejects.toBeInstanceOf(TypeError);
  });
});
