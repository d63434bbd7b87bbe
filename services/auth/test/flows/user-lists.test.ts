import { domainToASCII } from 'node:url';
import { openDatabase } from '@gaia/database/database';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuthTables } from '../../src/database.ts';
import { SCHEMA } from '../../src/migrations.ts';
import { type AuthUnderTest, refusal, startAuth } from '../support/auth-under-test.ts';

const A = 'site-a.localhost';
const B = 'site-b.localhost';
let auth: AuthUnderTest;
let admin: string;

beforeAll(async () => {
  auth = await startAuth({ env: { RATE_LIMIT: 'off' } });
  for (const [name, site, role] of [
    ['ada', A, 'owner'],
    ['bea', A, 'author'],
    ['cleo', A, 'member'],
    ['dora', B, 'author'],
  ] as const) {
    await auth.member({ site, roles: [role], name });
    auth.clock.advance(1_000);
  }
  admin = (await auth.login()).access_token;
  for (const email of ['Ann@Bücher.example', 'eva@例え.jp', 'zoe@gaia.test', 'same@gaia.test']) {
    const made = await auth.post('/auth/users', { email, name: 'Same', password: 'long and quiet enough' }, admin);
    expect(made.statusCode, made.body).toBe(201);
    auth.clock.advance(1_000);
  }
  const { id } = (await list('email=zoe@gaia.test')).items[0];
  await auth.send('PATCH', `/auth/users/${id}`, admin, { disabled: true });
});
afterAll(() => auth[Symbol.asyncDispose]());

async function list(query: string, token = admin) {
  const answer = await auth.get(`/auth/users?${query}`, token);
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json();
}
const emails = async (query: string, token = admin): Promise<string[]> =>
  (await list(query, token)).items.map((user: { email: string }) => user.email.split('@')[0]);

describe('the list of users', () => {
  it.each([
    ['email=ANN@b%C3%BCcher.EXAMPLE', ['Ann']],
    ['email=ann@xn--bcher-kva.example', ['Ann']],
    ['email=nobody@gaia.test', []],
    [`site=${A}`, ['ada', 'bea', 'cleo']],
    [`site=${A}&role=author`, ['bea']],
    ['role=author', ['bea', 'dora']],
    ['administrator=true', ['root']],
    ['administrator=false&role=owner', ['ada']],
    ['state=disabled', ['zoe']],
    ['state=active', ['root']],
    [`state=unverified&site=${B}`, ['dora']],
    [`site=${A}&sort=-name`, ['cleo', 'bea', 'ada']],
    [`site=${A}&sort=-created_at`, ['cleo', 'bea', 'ada']],
    ['q=bücher', ['Ann']],
    ['q=BÜCH', ['Ann']],
    ['q=ann@bücher.ex', ['Ann']],
    ['q=xn--bcher', ['Ann']],
    ['q=@例', ['eva']],
    ['q=例え。jp', ['eva']],
    ['q=do', ['dora']],
    ['q=100%25', []],
  ])('with %s is %j', async (query, found) => {
    expect(await emails(encodeURI(decodeURI(query)).replace('100%25', '100%25'))).toEqual(found);
  });

  it.each(['created_at', '-created_at', 'email', '-email', 'name', '-name'])(
    'by %s comes in pages without gap or repetition, also when users go meanwhile',
    async (sort) => {
      const whole = (await list(`sort=${sort}`)).items.map((user: { id: string }) => user.id);
      const collected: string[] = [];
      let cursor = '';
      for (let page = 0; page < 20; page += 1) {
        const { items, next_cursor } = await list(`sort=${sort}&limit=2${cursor}`);
        collected.push(...items.map((user: { id: string }) => user.id));
        if (next_cursor === null) break;
        cursor = `&cursor=${next_cursor}`;
      }
      expect(collected).toEqual(whole);
      const made = await auth.post('/auth/users', { email: 'm@gaia.test', password: 'long and quiet enough' }, admin);
      const first = await list(`sort=${sort}&limit=4`);
      await auth.send('DELETE', `/auth/users/${made.json().id}`, admin);
      const rest = await list(`sort=${sort}&cursor=${first.next_cursor}`);
      const both = [...first.items, ...rest.items].map((user: { id: string }) => user.id);
      expect(both.filter((id) => id !== made.json().id)).toEqual(whole);
    },
  );

  it('says the roles on the site that it is of', async () => {
    expect((await list(`site=${A}&email=bea@gaia.test`)).items).toMatchObject([{ roles: ['author'] }]);
    expect((await list('email=bea@gaia.test')).items[0]).not.toHaveProperty('roles');
  });

  it('shows managers of a site its members and nobody else', async () => {
    const { access_token } = await auth.login({ email: 'ada@gaia.test', password: 'quiet lanterns of ada' });
    expect(await emails('', access_token)).toEqual(['ada', 'bea', 'cleo']);
    expect(await emails(`site=${A}&role=author`, access_token)).toEqual(['bea']);
    expect(await emails('email=dora@gaia.test', access_token)).toEqual([]);
    expect(refusal(await auth.get(`/auth/users?site=${B}`, access_token))).toEqual({ status: 403, code: 'forbidden' });
  });

  it.each([
    ['email=nobody', 400, 'validation_failed'],
    ['state=gone', 400, 'validation_failed'],
    ['sort=password_hash', 400, 'validation_failed'],
    ['role=UPPER', 400, 'validation_failed'],
    ['site=none.localhost', 404, 'site_not_found'],
    ['cursor=x', 400, 'invalid_cursor'],
    [`sort=name&cursor=${Buffer.from('["email","a","x"]').toString('base64url')}`, 400, 'invalid_cursor'],
  ])('is refused with %s', async (query, status, code) => {
    expect(refusal(await auth.get(`/auth/users?${query}`, admin))).toEqual({ status, code });
  });
});

it('finds every domain in Unicode as Node.js spells it', async () => {
  const domains = [
    'bücher.example',
    'faß.de',
    '例え.jp',
    'пример.рф',
    'مثال.إختبار',
    'a-ü-b.ünï.example',
    'xn.plain.example',
  ];
  await using database = openDatabase<AuthTables>({ url: auth.databaseUrl, schema: SCHEMA, applicationName: 'test' });
  for (const domain of domains) {
    const { rows } = await sql<{ address: string }>`
      select unicode_address(${`a@${domainToASCII(domain)}`}) as address`.execute(database);
    expect(rows[0]?.address).toBe(`a@${domain}`);
  }
  const { rows } = await sql<{
    address: string;
  }>`select unicode_address('a@xn--!!.xn--.xn--99999999') as address`.execute(database);
  expect(rows[0]?.address).toContain('a@');
});
