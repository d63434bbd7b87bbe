import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { administrator, type FakeSuite, fakeLogin, guarded, problem, startFakeSuite } from '../fake-suite.ts';
import { runGaia } from '../run-gaia.ts';

const sites = [
  { id: 'site-a.localhost', name: 'Site A', hosts: ['site-a.localhost', 'a.example'], created_at: 'then' },
  { id: 'site-b.localhost', name: 'Site B\u202e', hosts: ['site-b.localhost'], created_at: 'then' },
];
let suite: FakeSuite;

beforeAll(async () => {
  suite = await startFakeSuite(() => ({
    ...fakeLogin(),
    ...guarded({
      'GET /auth/sites': () => ({ body: { items: sites, next_cursor: null } }),
      'POST /auth/sites': ({ body }) =>
        (body as { id: string }).id === 'taken'
          ? problem(409, 'site_exists', 'The site exists')
          : { status: 201, body },
    }),
  }));
});
afterAll(() => suite.close());

const gaia = (...args: readonly string[]) => runGaia([...args, '--url', suite.url], { env: administrator.env });

describe('gaia sites', () => {
  it('lists them', async () => {
    expect(JSON.parse((await gaia('sites', 'list', '--json')).out)).toEqual(sites);
    const { out } = await gaia('sites', 'list');
    expect(out).toMatch(/^id +name +hosts +created_at\n/);
    expect(out).toContain('site-a.localhost, a.example');
    expect(out).toContain('Site B\\u202e');
  });

  it.each([
    [['shop.localhost'], { id: 'shop.localhost', name: 'shop.localhost' }],
    [
      ['shop.localhost', '--name', 'The shop', '--host', 'a.example', '--host', 'b.example'],
      { id: 'shop.localhost', name: 'The shop', hosts: ['a.example', 'b.example'] },
    ],
  ])('registers one: %s', async (args, body) => {
    const { code, out } = await gaia('sites', 'create', ...args, '--json');
    expect(JSON.parse(out)).toEqual(body);
    expect(suite.to('POST /auth/sites').at(-1)?.body).toEqual(body);
    expect(code).toBe(0);
  });

  it('says that it exists', async () => {
    const { code, err } = await gaia('sites', 'create', 'taken');
    expect(err).toBe('gaia sites create: The site exists (site_exists)\n  request_id: req-1\n');
    expect(code).toBe(1);
  });
});
