import { startCuttableProxy } from '@gaia/test-servers/cuttable-proxy';
import { testDatabase } from '@gaia/test-servers/postgres';
import { sql } from 'kysely';
import { expect, it, vi } from 'vitest';
import { openDatabase, pingDatabase } from '../src/database.ts';

it('fails a query whose response is lost, and opens a new connection for the next', async () => {
  const url = new URL((await testDatabase('lost')).url);
  const socketPath = `${url.searchParams.get('host')}/.s.PGSQL.5432`;
  const proxy = await startCuttableProxy({ socketPath });
  url.search = '';
  url.host = `127.0.0.1:${proxy.port}`;
  const options = { url: url.href, schema: 'shop', applicationName: 'test', maxConnections: 1 };
  const db = openDatabase<unknown>({ ...options, statementTimeoutMs: 300, responseTimeoutMs: 600 });
  await vi.waitFor(() => pingDatabase(db), 10_000);
  proxy.swallow();
  await expect(sql`select 1`.execute(db)).rejects.toMatchObject({ code: 'database_unavailable' });
  proxy.restore();
  await vi.waitFor(() => pingDatabase(db), 10_000);
  await db.destroy();
  proxy.close();
});

it('fails queries to an unresponsive server soon, then at once, and recovers', async () => {
  const url = new URL((await testDatabase('unresponsive')).url);
  const socketPath = `${url.searchParams.get('host')}/.s.PGSQL.5432`;
  const proxy = await startCuttableProxy({ socketPath });
  url.search = '';
  url.host = `127.0.0.1:${proxy.port}`;
  const log: string[] = [];
  const options = { url: url.href, schema: 'shop', applicationName: 'test', log: (line: string) => log.push(line) };
  const db = openDatabase<unknown>(options);
  const one = () => sql`select 1`.execute(db);
  const unavailable = { code: 'database_unavailable' };
  await Promise.all([one(), one()]);
  proxy.swallow();
  const transaction = db.transaction().execute((trx) => sql`select 1`.execute(trx));
  const some = await Promise.allSettled([one(), transaction, ...Array.from({ length: 20 }, one)]);
  expect(some.map((each) => each.status === 'rejected' && each.reason)).toEqual(
    some.map(() => expect.objectContaining(unavailable)),
  );
  expect(log).toContain('the database is unavailable');
  await expect(one()).rejects.toMatchObject(unavailable);
  proxy.restore();
  await vi.waitFor(one, 10_000);
  await Promise.all(Array.from({ length: 20 }, one));
  expect(log.at(-1)).toBe('the database has recovered');
  await db.destroy();
  proxy.close();
});
