import pg from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { testDatabase } from '../src/postgres.ts';

describe('testDatabase', () => {
  it('gives each caller a database', async () => {
    const [one, other] = await Promise.all([testDatabase('one'), testDatabase('one')]);
    afterAll(async () => void (await Promise.all([one.drop(), other.drop()])));
    const client = new pg.Client({ connectionString: one.url });
    await client.connect();
    await client.query('create table mine (id int)');
    await client.end();
    const second = new pg.Client({ connectionString: other.url });
    await second.connect();
    await expect(second.query('select * from mine')).rejects.toMatchObject({ code: '42P01' });
    await second.end();
  });

  it('drops a database with or without connections', async () => {
    const database = await testDatabase();
    const client = new pg.Client({ connectionString: database.url });
    client.on('error', () => {});
    await client.connect();
    await database.drop();
    const again = new pg.Client({ connectionString: database.url });
    await expect(again.connect()).rejects.toMatchObject({ code: '3D000' });
  });
});
