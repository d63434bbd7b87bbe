import { startCuttableProxy } from '@gaia/test-servers/cuttable-proxy';
import { testDatabase } from '@gaia/test-servers/postgres';
import { sql } from 'kysely';
import { expect, it, vi } from 'vitest';
import { openDatabase, pingDatabase } from '../src/database.ts';

it('a query whose answer the network swallows is given up, and the next one gets another connection', async () => {
  const url = new URL((await testDatabase('lost')).url);
  const socketPath = `${url.searchParams.get('host')}/.s.PGSQL.5432`;
  const proxy = await startCuttableProxy({ socketPath });
  url.search = '';
  url.host = `127.0.0.1:${proxy.port}`;
  const options = { url: url.href, schema: 'shop', applicationName: 'test', maxConnections: 1 };
  const db = openDatabase<unknown>({ ...options, statementTimeoutMs: 100, lostAfterMs: 200 });
  await pingDatabase(db);
  proxy.swallow();
  await expect(sql`select 1`.execute(db)).rejects.toMatchObject({ code: 'database_unavailable' });
  proxy.restore();
  await pingDatabase(db);
  await db.destroy();
  proxy.close();
});

it('a server that has fallen silent is given up soon, then refuses at once, and is back by itself', async () => {
  const url = new URL((await testDatabase('silent')).url);
  const socketPath = `${url.searchParams.get('host')}/.s.PGSQL.5432`;
  const proxy = await startCuttableProxy({ socketPath });
  url.search = '';
  url.host = `127.0.0.1:${proxy.port}`;
  const log: string[] = [];
  const options = { url: url.href, schema: 'shop', applicationName: 'test', log: (line: string) => log.push(line) };
  const db = openDatabase<unknown>(options);
  const one = () => sql`select 1`.execute(db);
  const lost = { code: 'database_unavailable' };
  await Promise.all([one(), one()]);
  proxy.swallow();
  const transaction = db.transaction().execute((trx) => sql`select 1`.execute(trx));
  const some = await Promise.allSettled([one(), transaction, ...Array.from({ length: 20 }, one)]);
  expect(some.map((each) => each.status === 'rejected' && each.reason)).toEqual(
    some.map(() => expect.objectContaining(lost)),
  );
  expect(log).toContain('the database does not answer');
  await expect(one()).rejects.toMatchObject(lost);
  proxy.restore();
  await vi.waitFor(one, 10_000);
  await Promise.all(Array.from({ length: 20 }, one));
  expect(log.at(-1)).toBe('the database answers again');
  await db.destroy();
  proxy.close();
});
