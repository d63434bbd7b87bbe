import { connect, createServer, type Socket } from 'node:net';
import { testDatabase } from '@gaia/test-servers/postgres';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { openDatabase, pingDatabase } from '../src/database.ts';

/** A server in front of the database that can be told to swallow everything. */
async function swallowingProxy(socketPath: string) {
  let swallow = false;
  const server = createServer((front) => {
    const back = connect(socketPath);
    const carry = (to: Socket) => (chunk: Buffer) => void (swallow || to.write(chunk));
    front.on('data', carry(back)).on('error', () => {});
    back.on('data', carry(front)).on('error', () => {});
    front.on('close', () => back.destroy());
    back.on('close', () => front.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, setSwallow: (on: boolean) => (swallow = on), close: () => server.close() };
}

it('a query whose answer the network swallows is given up, and the next one gets another connection', async () => {
  const url = new URL((await testDatabase('lost')).url);
  const proxy = await swallowingProxy(`${url.searchParams.get('host')}/.s.PGSQL.5432`);
  url.search = '';
  url.host = `127.0.0.1:${proxy.port}`;
  const options = { url: url.href, schema: 'shop', applicationName: 'test', maxConnections: 1 };
  const db = openDatabase<unknown>({ ...options, statementTimeoutMs: 100, lostAfterMs: 200 });
  await pingDatabase(db);
  proxy.setSwallow(true);
  await expect(sql`select 1`.execute(db)).rejects.toMatchObject({ code: 'database_unavailable' });
  proxy.setSwallow(false);
  await pingDatabase(db);
  await db.destroy();
  proxy.close();
});
