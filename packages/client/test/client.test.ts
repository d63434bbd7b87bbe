import { inspect } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { createClient } from '../src/client.ts';
import { isGaiaError } from '../src/error.ts';
import { browserStorage } from '../src/session/browser-storage.ts';
import { memoryStorage } from '../src/session/storage.ts';
import { type Call, json, problem, scripted, tokens, user } from './scripted.ts';

const refused = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error('it was not refused');
    },
    (error: unknown) => error,
  );
const refreshes = (calls: readonly Call[]) => calls.filter(({ path }) => path === '/auth/refresh');
const token = ({ headers }: Call) => headers.authorization;
const expired = () => problem(401, 'token_expired');

describe('a refresh', () => {
  it('comes once for twelve requests after the end of the token, and they go on', async () => {
    const { client, calls, pass, signIn } = scripted(({ path }) =>
      path.startsWith('/auth/me') ? json(200, user) : tokens(),
    );
    await signIn();
    pass(901_000);
    await Promise.all(Array.from({ length: 12 }, () => client.auth.me()));
    expect(refreshes(calls)).toHaveLength(1);
    expect(new Set(calls.filter(({ path }) => path === '/auth/me').map(token)).size).toBe(1);
  });

  it('comes once after twelve refusals, and they are sent again', async () => {
    let current: string | undefined;
    const { client, calls, signIn } = scripted(({ path, headers }) => {
      if (path === '/auth/login') return tokens();
      if (path === '/auth/refresh') {
        current = 'refreshed';
        return tokens({ access_token: current });
      }
      return headers.authorization === `Bearer ${current}` ? json(200, user) : expired();
    });
    await signIn();
    await Promise.all(Array.from({ length: 12 }, () => client.auth.me()));
    expect(refreshes(calls)).toHaveLength(1);
    expect(calls.filter(({ path }) => path === '/auth/me')).toHaveLength(24);
  });

  it('comes ahead of the end, beside a request with the token that is still good', async () => {
    const { client, calls, pass, signIn } = scripted(({ path }) => (path === '/auth/me' ? json(200, user) : tokens()));
    await signIn();
    pass(890_000);
    await client.auth.me();
    expect(
      calls
        .map(({ path }) => path)
        .slice(1)
        .sort(),
    ).toEqual(['/auth/me', '/auth/refresh']);
    await vi.waitFor(async () => {
      await client.auth.me();
      expect(new Set(calls.filter(({ path }) => path === '/auth/me').map(token)).size).toBe(2);
    });
    expect(refreshes(calls)).toHaveLength(1);
  });

  it('is sent again with its key, which was kept before, while there is no response', async () => {
    const storage = memoryStorage();
    const kept: unknown[] = [];
    const { client, calls, pass, signIn } = scripted(
      async ({ path }) => {
        if (path === '/auth/me') return json(200, user);
        if (path === '/auth/login') return tokens();
        kept.push(JSON.parse((await storage.read()) ?? '').key);
        if (kept.length < 4) throw new TypeError('fetch failed');
        return tokens();
      },
      { storage },
    );
    await signIn();
    pass(901_000);
    await client.auth.me();
    const sent = refreshes(calls).map(({ headers }) => headers['idempotency-key']);
    expect(sent).toEqual(kept);
    expect(sent).toHaveLength(4);
    expect(new Set(sent).size).toBe(1);
    expect(sent[0]).toMatch(/^[\w-]{43}$/);
  });

  it.each([
    ['session_ended', 'session_ended'],
    ['reuse_detected', 'reuse_detected'],
    ['user_disabled', 'user_disabled'],
    ['something new', 'token_invalid'],
  ])('that is refused for %s signs out and says why', async (cause, reason) => {
    const { client, signIn } = scripted(({ path }) =>
      path === '/auth/login'
        ? tokens()
        : problem(401, 'token_revoked', { cause: path === '/auth/refresh' ? cause : undefined }),
    );
    const changes: unknown[] = [];
    await signIn();
    client.auth.onChange((change) => changes.push(change));
    expect(await refused(client.auth.me())).toMatchObject({ code: 'token_revoked' });
    expect(changes).toEqual([{ status: 'signed_out', reason }]);
    expect(await client.auth.session()).toBeUndefined();
  });

  it.each([
    ['no network', () => Promise.reject(new TypeError('fetch failed'))],
    ['a server that is away', () => problem(503, 'unavailable')],
    ['a 401 of something on the way', () => new Response('<h1>Sign in to the hotel</h1>', { status: 401 })],
  ])('that meets %s signs nobody out', async (_what, answer) => {
    const { client, pass, signIn } = scripted(({ path }) => (path === '/auth/login' ? tokens() : answer()));
    await signIn();
    pass(901_000);
    const error = await refused(client.auth.me());
    expect(isGaiaError(error)).toBe(true);
    expect(await client.auth.session()).toMatchObject({ user });
  });
});

describe('shared storage', () => {
  function area() {
    const map = new Map<string, string>();
    return {
      getItem: (key: string) => map.get(key) ?? null,
      setItem: (key: string, value: string) => void map.set(key, value),
      removeItem: (key: string) => void map.delete(key),
    };
  }

  it('is refused where the server has no grace, and the session that was made ends', async () => {
    const storage = { ...browserStorageOf(area()) };
    const { client, calls, signIn } = scripted(
      ({ path }) =>
        path === '/auth/logout' ? new Response(null, { status: 204 }) : tokens({ refresh_grace_seconds: 0 }),
      { storage },
    );
    expect(await refused(signIn())).toMatchObject({ code: 'shared_storage_refused' });
    expect(calls.map(({ path }) => path)).toEqual(['/auth/login', '/auth/logout']);
    expect(await storage.read()).toBeNull();
    expect(await client.auth.session()).toBeUndefined();
  });

  it('gives a tab the tokens that another has put there', async () => {
    const storage = browserStorageOf(area());
    const answer = ({ path }: Call) => (path === '/auth/me' ? json(200, user) : tokens());
    const first = scripted(answer, { storage });
    const second = scripted(answer, { storage });
    await first.signIn();
    await second.client.auth.me();
    for (const { pass } of [first, second]) pass(901_000);
    await first.client.auth.me();
    await second.client.auth.me();
    expect([refreshes(first.calls).length, refreshes(second.calls).length]).toEqual([1, 0]);
    expect(token(second.calls.at(-1) as Call)).toBe(token(first.calls.at(-1) as Call));
  });

  function browserStorageOf(storage: ReturnType<typeof area>) {
    const { subscribe: _none, ...rest } = browserStorage({ storage });
    return rest;
  }
});

describe('a request', () => {
  it('is repeated if it is safe, and waits as long as the server wants', async () => {
    const { client, calls, slept } = scripted((_call, count) =>
      count < 3
        ? problem(429, 'rate_limited', {}, { 'retry-after': '2' })
        : json(200, { items: [], next_cursor: null }),
    );
    expect(await client.entries('article').list()).toEqual({ items: [], next_cursor: null });
    expect([calls.length, slept]).toEqual([3, [2_000, 2_000]]);
  });

  it('is not repeated if it changes something', async () => {
    const { client, calls } = scripted(() => problem(503, 'unavailable'));
    expect(await refused(client.entries('article').create({}))).toMatchObject({ code: 'unavailable', status: 503 });
    expect(calls).toHaveLength(1);
  });

  it('whose body is a stream is not sent again, and its token is refreshed for the next', async () => {
    const { client, calls, signIn } = scripted(({ path }) => (path.startsWith('/auth') ? tokens() : expired()));
    await signIn();
    const body = new Blob(['text']).stream();
    expect(await refused(client.http.call('POST', '/assets', { body }))).toMatchObject({ code: 'token_expired' });
    expect(calls.map(({ path }) => path)).toEqual(['/auth/login', '/assets', '/auth/refresh']);
  });

  it('ends in time, and when its caller says so', async () => {
    const never = () => new Promise<Response>(() => {});
    const waiting = createClient({ url: 'https://gaia.test', site: 'a.test', fetch: never });
    expect(await refused(waiting.search('x', { timeoutMs: 20 }))).toMatchObject({ code: 'timeout', status: 0 });
    const controller = new AbortController();
    const aborted = refused(waiting.search('x', { signal: controller.signal }));
    controller.abort(new Error('not wanted'));
    expect(await aborted).toMatchObject({ message: 'not wanted' });
    expect(await refused(waiting.search('x', { signal: AbortSignal.abort(new Error('never')) }))).toMatchObject({
      message: 'never',
    });
  });

  it('that is refused tells code, status, errors and request, and no secret', async () => {
    const errors = [{ path: '/body/fields/title', message: 'is too long' }];
    const { client, signIn } = scripted(({ path }) =>
      path === '/auth/login'
        ? tokens()
        : problem(400, 'validation_failed', { errors, detail: 'The title is too long.' }),
    );
    await signIn();
    const error = await refused(client.entries('article').create({ fields: { title: 'a secret of ann' } }));
    expect(error).toMatchObject({ code: 'validation_failed', status: 400, errors, requestId: 'r-1' });
    expect(inspect(error)).not.toMatch(/access-|refresh-|secret/);
  });

  it('for a list names its filter, order, fields and references', async () => {
    const { client, calls } = scripted(() => json(200, { items: [], next_cursor: null }));
    const filter = { or: [{ title: { in: ['a, b'] } }, { year: { gte: 2020 } }] };
    const fields = ['title', 'category.name'];
    await client
      .entries('article')
      .list({ filter, sort: ['-year', 'title'], fields, expand: ['category'], total: true });
    const query = new URL(calls[0]?.path ?? '', 'https://gaia.test').searchParams;
    expect(Object.fromEntries(query)).toEqual({
      type: 'article',
      filter: JSON.stringify(filter),
      sort: '-year,title',
      fields: 'title,category.name',
      expand: 'category',
      total: 'true',
    });
  });

  it('of all entries follows the cursors, and stops when nobody wants more', async () => {
    const { client, calls } = scripted((_call, count) =>
      json(200, { items: [{ id: `${count}a` }, { id: `${count}b` }], next_cursor: count < 9 ? `c${count}` : null }),
    );
    const ids: string[] = [];
    for await (const { id } of client.entries('article').all()) {
      ids.push(id);
      if (ids.length === 3) break;
    }
    expect([ids, calls.length]).toEqual([['1a', '1b', '2a'], 2]);
    expect(calls[1]?.path).toContain('cursor=c1');
  });
});
