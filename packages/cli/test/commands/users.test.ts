import { beforeEach, describe, expect, it } from 'vitest';
import { administrator, type FakeSuite, fakeLogin, guarded, problem, startFakeSuite } from '../fake-suite.ts';
import { fakeTerminal, runGaia } from '../run-gaia.ts';

const ID = '0190c0de-0000-7000-8000-00000000000';
const users = Array.from({ length: 5 }, (_, index) => ({
  id: `${ID}${index}`,
  email: `user${index}@example.com`,
  username: index === 3 ? 'Ann' : null,
  name: `User ${index}`,
  administrator: index === 0,
  disabled: false,
  created_at: '2026-01-31T12:00:00.000Z',
}));

let suite: FakeSuite;
/** What the list answers as `next_cursor` at its end. */
let lastCursor: string | null;

beforeEach(async () => {
  lastCursor = null;
  suite = await startFakeSuite(() => ({
    ...fakeLogin(),
    ...guarded({
      'GET /auth/users': ({ query }) => {
        if (query.get('site') === 'none') return problem(404, 'site_not_found', 'There is no such site');
        if (query.has('site'))
          return { body: { items: [{ ...users[3], roles: ['editor', 'author'] }], next_cursor: null } };
        const start = Number(query.get('cursor') ?? 0);
        const next = start + 2 < users.length ? String(start + 2) : lastCursor;
        return { body: { items: users.slice(start, start + 2), next_cursor: next } };
      },
      'GET /auth/sites/site-a.localhost': () => ({ body: { id: 'site-a.localhost' } }),
      'GET /auth/sites/site-a.localhost/roles': () => ({
        body: { items: ['member', 'author', 'editor'].map((name) => ({ name })) },
      }),
      'GET /auth/sites/none': () => problem(404, 'site_not_found', 'There is no such site'),
      'GET /auth/sites/full.localhost': () => ({ body: { id: 'full.localhost' } }),
      'GET /auth/sites/full.localhost/roles': () => ({ body: { items: [{ name: 'member' }] } }),
      [`GET /auth/users/${ID}2`]: () => ({ body: users[2] }),
      [`GET /auth/users/${ID}9`]: () => problem(404, 'user_not_found', 'There is no such user'),
      'POST /auth/users': () => ({ status: 201, body: users[4] }),
      [`PUT /auth/sites/site-a.localhost/members/${ID}4`]: () => ({ status: 201, body: { roles: ['editor'] } }),
      [`PUT /auth/sites/full.localhost/members/${ID}4`]: () => problem(409, 'too_many_members', 'The site is full'),
    }),
  }));
  return () => suite.close();
});

const env = administrator.env;
const gaia = (...args: readonly string[]) => runGaia([...args, '--url', suite.url], { env });

describe('gaia users list', () => {
  it('follows the cursors to the end', async () => {
    const { code, out } = await gaia('users', 'list', '--json');
    expect(JSON.parse(out)).toEqual(users);
    expect(suite.to('GET /auth/users').map(({ query }) => query.toString())).toEqual([
      'limit=100',
      'limit=100&cursor=2',
      'limit=100&cursor=4',
    ]);
    expect(code).toBe(0);
  });

  it('makes a table for people', async () => {
    const lines = (await gaia('users', 'list')).out.split('\n');
    expect(lines[0]).toMatch(/^id +email +username +name +administrator +disabled +created_at$/);
    expect(lines[4]).toMatch(/0003 {2}user3@example\.com {2}Ann +User 3 {2}false/);
    expect(lines).toHaveLength(users.length + 2);
  });

  it('shows the members of a site with their roles', async () => {
    const { out } = await gaia('users', 'list', '--site', 'site-a.localhost');
    expect(out).toMatch(/^id +email +username +name +roles/);
    expect(out).toContain('editor, author');
  });

  it('hands its filters and its order on', async () => {
    const filters = ['--email', 'a@b.example', '--role', 'author', '--state', 'disabled', '--administrators'];
    await gaia('users', 'list', ...filters, '--sort=-name', '--search', 'bü');
    const [first] = suite.to('GET /auth/users');
    expect(Object.fromEntries(first?.query ?? [])).toEqual({
      email: 'a@b.example',
      role: 'author',
      state: 'disabled',
      administrator: 'true',
      sort: '-name',
      q: 'bü',
      limit: '100',
    });
  });

  it('says that there is no such site', async () => {
    const { code, out, err } = await gaia('users', 'list', '--site', 'none');
    expect(err).toContain('(site_not_found)');
    expect({ code, out }).toEqual({ code: 1, out: '' });
  });

  it('searches', async () => {
    await gaia('users', 'list', '--search', 'a&b=c');
    expect(suite.to('GET /auth/users')[0]?.query.get('q')).toBe('a&b=c');
  });

  it('stops at a cursor that leads nowhere', async () => {
    lastCursor = '2';
    const { code, err } = await gaia('users', 'list');
    expect(err).toContain('answered the same cursor twice');
    expect(code).toBe(1);
  });

  it('stops at 10,000 users and says so', async () => {
    let pages = 0;
    const endless = await startFakeSuite(() => ({
      ...fakeLogin(),
      'GET /auth/users': () => {
        pages += 1;
        return { body: { items: Array(3_000).fill({ id: 'x' }), next_cursor: `${pages}` } };
      },
    }));
    const { out, err } = await runGaia(['users', 'list', '--json', '--url', endless.url], { env });
    await endless.close();
    expect(JSON.parse(out)).toHaveLength(10_000);
    expect(err).toContain('there are more than these 10000');
    expect(pages).toBe(4);
  });
});

describe('gaia users show', () => {
  it.each([
    ['id', `${ID}2`, 2],
    ['id in capitals', `${ID}2`.toUpperCase(), 2],
    ['address', 'USER1@example.com', 1],
    ['user name', 'ann', 3],
  ])('finds a user by %s', async (_name, wanted, index) => {
    expect(JSON.parse((await gaia('users', 'show', wanted, '--json')).out)).toEqual(users[index]);
    expect((await gaia('users', 'show', wanted)).out).toMatch(new RegExp(`^email +user${index}@example\\.com$`, 'm'));
  });

  it.each([['nobody@example.com'], [`${ID}9`], ['User 3'], ['user']])('knows nobody called %s', async (wanted) => {
    const { code, out, err } = await gaia('users', 'show', wanted);
    expect(err).toContain('(user_not_found)');
    expect({ code, out }).toEqual({ code: 1, out: '' });
  });
});

describe('gaia users create', () => {
  const create = ['users', 'create', 'ann@example.com', '--password-stdin'];
  const run = (args: readonly string[], input: string | Buffer) =>
    runGaia([...args, '--url', suite.url], { env, input });

  it('takes the first line of standard input as password', async () => {
    const { code, out } = await run([...create, '--name', 'Ann', '--username', 'ann', '--json'], 'pass word\r\nrest');
    expect(suite.to('POST /auth/users')[0]?.body).toEqual({
      email: 'ann@example.com',
      password: 'pass word',
      name: 'Ann',
      username: 'ann',
    });
    expect(JSON.parse(out)).toEqual(users[4]);
    expect(code).toBe(0);
  });

  it.each([
    [
      ['--site', 'site-a.localhost', '--role', 'editor', '--role', 'author'],
      ['editor', 'author'],
    ],
    [['--site', 'site-a.localhost'], ['member']],
  ])('makes a member: %s', async (options, roles) => {
    expect((await run([...create, ...options], 'pass word')).code).toBe(0);
    expect(suite.to(`PUT /auth/sites/site-a.localhost/members/${ID}4`)[0]?.body).toEqual({ roles });
  });

  it('says what was done and what was not', async () => {
    const { code, out, err } = await run([...create, '--site', 'full.localhost'], 'pass word');
    expect(err).toContain(`user ${ID}4 was made, but not a member of the site: The site is full (too_many_members)`);
    expect({ code, out }).toEqual({ code: 1, out: '' });
  });

  it.each([
    ['an unknown site', ['--site', 'none'], 1, '(site_not_found)'],
    [
      'a role that the site does not have',
      ['--site', 'site-a.localhost', '--role', 'king'],
      2,
      'the roles of site-a.localhost are member, author, editor; not king',
    ],
  ])('makes nobody for %s', async (_name, options, expected, message) => {
    const { code, err } = await run([...create, ...options], 'pass word');
    expect(err).toContain(message);
    expect(code).toBe(expected);
    expect(suite.to('POST /auth/users')).toEqual([]);
  });

  it('asks twice on a terminal', async () => {
    const answers = { 'New password of ann@example.com: ': 'pa55 word\r', 'The same again: ': 'pa55 word\r' };
    const terminal = fakeTerminal(answers);
    const args = ['users', 'create', 'ann@example.com', '--url', suite.url];
    expect((await runGaia(args, { ...terminal, env })).code).toBe(0);
    expect(suite.to('POST /auth/users')[0]?.body).toEqual({ email: 'ann@example.com', password: 'pa55 word' });
    expect(terminal.shown()).not.toContain('pa55');
    const other = fakeTerminal({ ...answers, 'The same again: ': 'pa55 ward\r' });
    expect((await runGaia(args, { ...other, env })).code).toBe(1);
    expect(other.shown()).toContain('the two passwords differ');
    expect(suite.to('POST /auth/users')).toHaveLength(1);
  });

  it.each([
    ['without a password', create, '', 'no password on standard input'],
    ['without a terminal', create.slice(0, -1), 'pass word', 'use --password-stdin'],
    ['with roles of no site', [...create, '--role', 'editor'], 'pass word', '--role needs --site'],
    ['without an address', ['users', 'create'], '', "missing required argument 'email'"],
    ['with a password as option', [...create, '--password', 'pass word'], '', "unknown option '--password'"],
    ['with a password in Latin-1', create, Buffer.from('p\xe4ssword', 'latin1'), 'is not UTF-8'],
  ])('%s is wrong use', async (_name, args, input, message) => {
    const { code, err } = await run(args, input);
    expect(err).toContain(message);
    expect(err).not.toContain('pass word');
    expect(code).toBe(2);
    expect(suite.requests).toEqual([]);
  });
});
