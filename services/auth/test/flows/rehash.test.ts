import { openDatabase } from '@gaia/database/database';
import { expect, it } from 'vitest';
import type { AuthTables } from '../../src/database.ts';
import { SCHEMA } from '../../src/migrations.ts';
import { readHashCosts } from '../../src/passwords/hash-costs.ts';
import { ADMIN, createClock, startAuth } from '../support/auth-under-test.ts';

it('a login hashes its password anew once the cost has changed, and only then', async () => {
  const clock = createClock();
  await using before = await startAuth({ clock });
  const database = openDatabase<AuthTables>({ url: before.databaseUrl, schema: SCHEMA, applicationName: 'test' });
  const hashOf = async () =>
    (await database.selectFrom('users').select('password_hash').executeTakeFirst())?.password_hash;
  const first = await hashOf();
  expect(await readHashCosts(database)).toEqual([{ cost: { memoryKib: 64, passes: 1, lanes: 1 }, hashes: 1 }]);
  await before.login();
  expect(await hashOf()).toBe(first);

  const env = { ...before.env, ARGON2_MEMORY_KIB: '128', ARGON2_PASSES: '2' };
  await using after = await startAuth({ clock, databaseUrl: before.databaseUrl, env });
  expect((await after.post('/auth/login', { ...ADMIN, password: 'wrong' })).statusCode).toBe(401);
  expect(await hashOf()).toBe(first);
  await after.login();
  expect(first).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$/);
  expect(await hashOf()).toMatch(/^\$argon2id\$v=19\$m=128,t=2,p=1\$/);
  await after.login();
  expect(await readHashCosts(database)).toEqual([{ cost: { memoryKib: 128, passes: 2, lanes: 1 }, hashes: 1 }]);
  await database.destroy();
});
