import type { TokenRequest } from '@gaia/testing/issuer';
import pg from 'pg';
import { describe, expect, it, vi } from 'vitest';
import { EDITOR, MEMBER, type SearchService, startSearch } from '../search-service.ts';

const ADMINISTRATOR: TokenRequest = { site: null, role: 'administrator', subject: 'root' };
const WAIT = { timeout: 10_000, interval: 20 };

const rebuild = async ({ app, issuer }: SearchService, method: 'GET' | 'POST', as: TokenRequest = ADMINISTRATOR) => {
  const answer = await app.inject({ method, url: '/search/rebuild', headers: issuer.headersFor(as) });
  return { status: answer.statusCode, ...answer.json() };
};

describe('a rebuild', () => {
  it('writes everything once more, drops what is not there any more, and tells how far it is', async () => {
    const service = await startSearch();
    const { feed, search, databaseUrl } = service;
    feed.accessClass(17, 'products', ['course']);
    feed.change({ id: 'course', visibility: 'products', accessClass: 17, published: { title: 'Fish' } });
    feed.change({ id: 'b', published: { title: 'Fish' } });
    const seq = feed.entitlement('reader', 'course', true);
    await expect(search({ q: 'fish', min_seq: seq }, MEMBER)).resolves.toMatchObject({ body: { total: 2 } });
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    await client.query(`
      insert into search.documents select site, 'stray', edition, type, author, visibility, status, title, text,
        updated_at, published_at, generation, search, access_class, shape, long, fields
        from search.documents where entry = 'b';
      insert into search.entitlements values ('site-a.localhost', 'stray', 'course', true, 1);
      insert into search.access_classes values ('site-a.localhost', 99, 'roles', '{stray}', 1)`);
    await expect(search({ q: 'fish' })).resolves.toMatchObject({ body: { total: 2 } });

    // The rebuild does not wait for the end of the long poll.
    await vi.waitFor(() => expect(feed.open()).toBe(1), WAIT);
    await expect(rebuild(service, 'POST')).resolves.toMatchObject({ status: 202, expected: 3, finished_at: null });
    await vi.waitFor(async () => {
      expect(await rebuild(service, 'GET')).toMatchObject({
        status: 200,
        state: 'following',
        applied: 4,
        expected: 3,
        seq,
        head: seq,
        finished_at: expect.any(String),
      });
    }, WAIT);
    await expect(search({ q: 'fish', min_seq: seq }, MEMBER)).resolves.toMatchObject({ body: { total: 2 } });
    await expect(search({ q: 'fish' })).resolves.toMatchObject({ ids: ['b'] });
    for (const table of ['entitlements', 'access_classes']) {
      expect((await client.query(`select from search.${table}`)).rowCount).toBe(1);
    }
    await client.end();
  });

  it('lets the old index answer meanwhile, and begins once', async () => {
    const service = await startSearch();
    const { feed, search } = service;
    const seq = feed.change({ id: 'a', published: { title: 'Fish' } });
    await search({ q: 'fish', min_seq: seq });
    feed.fail({ status: 503 });
    const begun = await rebuild(service, 'POST');
    expect(begun).toMatchObject({ status: 202, state: 'rebuilding', applied: 0, seq: '0' });
    await expect(search({ q: 'fish' })).resolves.toMatchObject({ ids: ['a'] });
    service.issuer.travel(10);
    await expect(rebuild(service, 'POST')).resolves.toMatchObject({ status: 202, started_at: begun.started_at });
    await vi.waitFor(async () => {
      expect(await rebuild(service, 'GET')).toMatchObject({ state: 'rebuilding', cause: 'unreachable' });
    }, WAIT);
    feed.fail(undefined);
    await vi.waitFor(async () => expect(await rebuild(service, 'GET')).toMatchObject({ state: 'following' }), WAIT);
  });

  it.each<[string, TokenRequest, string]>([
    ['an editor', EDITOR, 'insufficient_scope'],
    ["a site's owner", { role: 'owner' }, 'insufficient_scope'],
    ['a token of long ago', { ...ADMINISTRATOR, expiresIn: -60 }, 'token_expired'],
  ])('is not for %s', async (_name, as, code) => {
    const service = await startSearch();
    await expect(rebuild(service, 'GET', as)).resolves.toMatchObject({ code });
    await expect(rebuild(service, 'POST', as)).resolves.toMatchObject({ code });
  });
});
