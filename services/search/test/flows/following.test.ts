import { startFeedServer } from '@gaia/testing/feed-server';
import pg from 'pg';
import { describe, expect, it, vi } from 'vitest';
import { EDITOR, startSearch } from '../search-service.ts';

const WAIT = { timeout: 15_000, interval: 20 };

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

describe('the index', () => {
  it('follows changes, unpublishing and deletion', async () => {
    const { feed, search } = await startSearch();
    const first = feed.change({ id: 'a', published: { title: 'Fish' } });
    await expect(search({ q: 'fish', min_seq: first })).resolves.toMatchObject({ ids: ['a'] });
    const unpublished = feed.change({ id: 'a', draft: { title: 'Fish' } });
    await expect(search({ q: 'fish', min_seq: unpublished })).resolves.toMatchObject({ ids: [], body: { total: 0 } });
    await expect(search({ q: 'fish' }, EDITOR)).resolves.toMatchObject({ ids: ['a'] });
    const removed = feed.remove('a');
    const answer = await search({ q: 'fish', min_seq: removed }, EDITOR);
    expect(answer).toMatchObject({ ids: [] });
    expect(BigInt(answer.body.seq)).toBeGreaterThanOrEqual(BigInt(removed));
  });

  it('takes many events in pages, and the last of an entry counts', async () => {
    const feed = await startFeedServer();
    let seq = '';
    for (let index = 0; index < 450; index += 1) {
      feed.change({ id: `e${index % 300}`, published: { title: `Old ${index}` } });
      seq = feed.change({ id: `e${index % 300}`, published: { title: `Fish ${index}` } });
    }
    const { search, databaseUrl } = await startSearch({ feed });
    const { body } = await search({ q: 'fish', min_seq: seq });
    expect(body.total).toBe(300);
    await expect(search({ q: 'old' })).resolves.toMatchObject({ ids: [] });
    await expect(query(databaseUrl, 'select count(*)::int as n from search.documents')).resolves.toEqual([{ n: 300 }]);
    await feed.close();
  });

  it('goes on where it was after a restart, and after the feed was repeated from the beginning', async () => {
    const feed = await startFeedServer();
    feed.change({ id: 'a', published: { title: 'Fish' } });
    const second = feed.change({ id: 'b', published: { title: 'Fish' } });
    const service = await startSearch({ feed });
    await service.search({ q: 'fish', min_seq: second });
    await service.close();
    const before = feed.requests.length;
    const third = feed.change({ id: 'c', published: { title: 'Fish' } });
    const again = await service.replica();
    const found = await again.search({ q: 'fish', min_seq: third });
    expect([...found.ids].sort()).toEqual(['a', 'b', 'c']);
    expect(feed.requests[before]?.after).toBe('1:2');
    await again.close();
    await query(again.databaseUrl, "update search.progress set feed_cursor = ''");
    const repeated = await service.replica();
    const fourth = feed.remove('a');
    const last = await repeated.search({ q: 'fish', min_seq: fourth });
    expect([...last.ids].sort()).toEqual(['b', 'c']);
    expect(last.body.total).toBe(2);
    await repeated.close();
    await feed.close();
  });

  it('is not stopped by other kinds of events, nor by text that PostgreSQL cannot hold', async () => {
    const { feed, search } = await startSearch();
    feed.change({ id: 'a', kind: 'asset' });
    const long = Array.from({ length: 200_000 }, (_, index) => (index + 1e6).toString(36)).join(' ');
    const seq = feed.change({
      id: 'b',
      published: { title: "Fish \u0000 \ud800 ' \\ :*", text: `fish ${'fish '.repeat(70_000)} ${long}` },
    });
    await vi.waitFor(async () => {
      expect(await search({ q: 'fish', min_seq: seq })).toMatchObject({ status: 200, ids: ['b'] });
    }, WAIT);
  });
});

describe('an outage', () => {
  it.each([
    ['of cms', { status: 503 }, 'unreachable'],
    ['of the connection', 'break', 'unreachable'],
    ['of sense', { status: 200, body: { events: 'none' } }, 'malformed'],
    ['of trust', { status: 401, body: { code: 'token_invalid' } }, 'unauthorized'],
  ] as const)('%s is told by /ready, and over when it is over', async (_name, failure, cause) => {
    const { app, feed, search } = await startSearch();
    const ready = async () => (await app.inject('/ready')).json();
    const first = feed.change({ id: 'a', published: { title: 'Fish' } });
    await search({ q: 'fish', min_seq: first });
    await vi.waitFor(async () => expect(await ready()).toMatchObject({ status: 'ready' }), WAIT);
    feed.fail(failure);
    await vi.waitFor(async () => {
      expect(await ready()).toMatchObject({
        status: 'degraded',
        checks: { feed: { status: 'degraded', detail: { cause } } },
      });
    }, WAIT);
    await expect(search({ q: 'fish' })).resolves.toMatchObject({ ids: ['a'] });
    feed.fail(undefined);
    const second = feed.change({ id: 'b', published: { title: 'Fish' } });
    await vi.waitFor(async () => expect((await search({ q: 'fish', min_seq: second })).ids).toHaveLength(2), WAIT);
    await vi.waitFor(async () => expect(await ready()).toMatchObject({ status: 'ready' }), WAIT);
  });

  it('of auth at the start is survived, and a refused token is not used again', async () => {
    const feed = await startFeedServer();
    feed.failTokens(503);
    const seq = feed.change({ id: 'a', published: { title: 'Fish' } });
    const { app, search, logs } = await startSearch({ feed });
    await vi.waitFor(async () => {
      const { checks } = (await app.inject('/ready')).json();
      expect(checks.feed).toMatchObject({
        status: 'degraded',
        detail: { cause: 'credentials_unavailable', lag_seconds: null },
      });
    }, WAIT);
    feed.failTokens(undefined);
    await vi.waitFor(async () => expect((await search({ q: 'fish', min_seq: seq })).ids).toEqual(['a']), WAIT);
    feed.fail({ status: 401 });
    await vi.waitFor(() => expect(feed.tokens()).toBeGreaterThan(1), WAIT);
    expect(logs.join('')).not.toMatch(/service-token|a-secret-of/);
    await feed.close();
  });

  it('is not answered with a storm of requests', async () => {
    const { feed } = await startSearch();
    await vi.waitFor(() => expect(feed.open()).toBe(1), WAIT);
    const before = feed.requests.length;
    feed.fail({ status: 503 });
    await vi.waitFor(() => expect(feed.requests.length).toBeGreaterThanOrEqual(before + 3), WAIT);
    const [first = 0, second = 0, third = 0] = feed.requests.slice(before).map((request) => request.at);
    expect(second - first).toBeGreaterThan(180);
    expect(third - second).toBeGreaterThan(370);
  });
});

describe('min_seq', () => {
  it('waits for a change that is on its way', async () => {
    const { feed, search } = await startSearch();
    const first = feed.change({ id: 'a', published: { title: 'Fish' } });
    const waiting = search({ q: 'fish', min_seq: String(Number(first) + 1) });
    feed.change({ id: 'b', published: { title: 'Fish' } });
    await expect(waiting).resolves.toMatchObject({ status: 200, body: { total: 2 } });
  });

  it('is given up after five seconds', async () => {
    const { issuer, search } = await startSearch();
    const waiting = search({ q: 'fish', min_seq: '999999999999999999' });
    const passing = setInterval(() => issuer.travel(1), 20);
    const answer = await waiting;
    clearInterval(passing);
    expect(answer).toMatchObject({ status: 503, code: 'index_behind' });
    expect(answer.headers['retry-after']).toBe('1');
  });
});

describe('of several processes', () => {
  it('one follows, all answer, and another takes over', async () => {
    const first = await startSearch();
    const { feed } = first;
    const seq = feed.change({ id: 'a', published: { title: 'Fish' } });
    await first.search({ q: 'fish', min_seq: seq });
    const second = await first.replica();
    await expect(second.search({ q: 'fish' })).resolves.toMatchObject({ ids: ['a'] });
    await vi.waitFor(() => expect(feed.open()).toBe(1), WAIT);
    const next = feed.change({ id: 'b', published: { title: 'Fish' } });
    await expect(second.search({ q: 'fish', min_seq: next })).resolves.toMatchObject({ body: { total: 2 } });
    expect((await second.app.inject('/ready')).json().checks.feed.detail.role).toBe('standing_by');
    await vi.waitFor(() => expect(feed.open()).toBe(1), WAIT);
    const closed = first.app.close();
    await closed;
    const last = feed.change({ id: 'c', published: { title: 'Fish' } });
    await vi.waitFor(async () => expect((await second.search({ q: 'fish', min_seq: last })).body.total).toBe(3), WAIT);
    await second.close();
  });

  it('a lost connection to the database is survived', async () => {
    const service = await startSearch();
    const { feed, databaseUrl, search } = service;
    const seq = feed.change({ id: 'a', published: { title: 'Fish' } });
    await search({ q: 'fish', min_seq: seq });
    await query(
      databaseUrl,
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and application_name like 'gaia-search%'",
    );
    const next = feed.change({ id: 'b', published: { title: 'Fish' } });
    await vi.waitFor(async () => {
      expect(await search({ q: 'fish', min_seq: next })).toMatchObject({ status: 200, body: { total: 2 } });
    }, WAIT);
  });
});

it('is built anew when the feed does not know the cursor any more', async () => {
  const { app, feed, search } = await startSearch();
  feed.change({ id: 'gone', published: { title: 'Fish gone' } });
  const seq = feed.change({ id: 'a', published: { title: 'Fish old' } });
  await search({ q: 'fish', min_seq: seq });
  feed.restore();
  feed.change({ id: 'a', published: { title: 'Fish new' } });
  await vi.waitFor(async () => {
    const { body } = await search({ q: 'fish' });
    expect(body.items.map((item: { title: string }) => item.title)).toEqual(['Fish new']);
  }, WAIT);
  await vi.waitFor(async () => expect((await app.inject('/ready')).json().status).toBe('ready'), WAIT);
});
