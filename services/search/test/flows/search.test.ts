import type { TokenRequest } from '@gaia/testing/issuer';
import { beforeAll, describe, expect, it } from 'vitest';
import { EDITOR, MEMBER, type SearchService, startSearch } from '../search-service.ts';

const AUTHOR: TokenRequest = { role: 'author', subject: 'ann' };

/** One service for the tables: their rows change nothing. */
let shared: SearchService;
beforeAll(async () => {
  shared = await startSearch();
  const seq = shared.feed.change({ id: 'x', published: { title: 'A fish' } });
  await shared.search({ q: 'fish', min_seq: seq });
  return shared.close;
});

describe('what a caller finds', () => {
  it('is what cms would show, one copy of each entry', async () => {
    const { feed, search } = await startSearch();
    feed.change({ id: 'open', published: { title: 'Fish open' } });
    feed.change({ id: 'closed', visibility: 'members', published: { title: 'Fish closed' } });
    feed.change({ id: 'draft', author: 'bob', draft: { title: 'Fish draft' } });
    feed.change({ id: 'own-draft', author: 'ann', draft: { title: 'Fish own' } });
    feed.change({ id: 'changed', author: 'bob', draft: { title: 'Fish new' }, published: { title: 'Fish old' } });
    feed.change({ id: 'own-changed', author: 'ann', draft: { title: 'Fish new' }, published: { title: 'Fish old' } });
    const seq = feed.change({ id: 'foreign', site: 'site-b.localhost', published: { title: 'Fish foreign' } });

    const found = async (as: TokenRequest | null) => {
      const { body } = await search({ q: 'fish', min_seq: seq }, as);
      expect(body.total).toBe(body.items.length);
      expect(body.total_is_exact).toBe(true);
      return Object.fromEntries(
        body.items.map((item: { id: string; title: string }) => [item.id, item.title.slice(5)]),
      );
    };
    const open = { open: 'open', changed: 'old', 'own-changed': 'old' };
    await expect(found(null)).resolves.toEqual(open);
    await expect(found(MEMBER)).resolves.toEqual({ ...open, closed: 'closed' });
    await expect(found({ ...MEMBER, scope: '' })).resolves.toEqual(open);
    await expect(found(AUTHOR)).resolves.toEqual({
      ...open,
      closed: 'closed',
      'own-changed': 'new',
      'own-draft': 'own',
    });
    await expect(found(EDITOR)).resolves.toEqual({
      open: 'open',
      closed: 'closed',
      changed: 'new',
      'own-changed': 'new',
      draft: 'draft',
      'own-draft': 'own',
    });
  });

  it('never matches a copy that the caller is not shown', async () => {
    const { feed, search } = await startSearch();
    const seq = feed.change({ id: 'a', draft: { title: 'Salmon' }, published: { title: 'Trout' } });
    await expect(search({ q: 'salmon', min_seq: seq }, MEMBER)).resolves.toMatchObject({ ids: [], body: { total: 0 } });
    await expect(search({ q: 'trout' }, EDITOR)).resolves.toMatchObject({ ids: [], body: { total: 0 } });
    await expect(search({ q: 'salmon' }, EDITOR)).resolves.toMatchObject({ ids: ['a'] });
  });
});

describe('a query', () => {
  it('finds by words, beginnings, phrases, alternatives and exclusions; titles come first', async () => {
    const { feed, search } = await startSearch();
    feed.change({ id: 'text', published: { title: 'Birds', text: 'A red fish swims by. Café.' } });
    feed.change({ id: 'title', published: { title: 'Red fish', text: 'Birds are elsewhere.' } });
    const seq = feed.change({ id: 'other', type: 'page', published: { title: 'Fishing', text: 'fish red' } });
    const ids = async (q: string, more = {}) => (await search({ q, min_seq: seq, ...more })).ids;
    await expect(ids('red fish ')).resolves.toEqual(['title', expect.any(String), expect.any(String)]);
    await expect(ids('"red fish"')).resolves.toEqual(['title', 'text']);
    await expect(ids('fishi')).resolves.toEqual(['other']);
    await expect(ids('swi')).resolves.toEqual(['text']);
    await expect(ids('swi ')).resolves.toEqual([]);
    await expect(ids('CAFE')).resolves.toEqual(['text']);
    await expect(ids('fish -birds')).resolves.toEqual(['other']);
    await expect(ids('cafe or fishing')).resolves.toEqual(['other', 'text']);
    await expect(ids('red', { type: 'page' })).resolves.toEqual(['other']);
    await expect(ids('-red')).resolves.toEqual([]);
    await expect(ids('-cafe -fishing')).resolves.toEqual(['title']);
    await expect(ids('site:site-a.localhost')).resolves.toEqual([]);
  });

  it('is answered with escaped highlights', async () => {
    const { feed, search } = await startSearch();
    feed.change({ id: 'x', published: { title: '<b>Fish</b>', text: '<script>fish()</script> & "more"' } });
    const seq = feed.change({ id: 'y', published: { title: 'Only the fish here', text: 'Nothing <i>else</i>' } });
    const { body } = await search({ q: 'fish', min_seq: seq });
    const byId = Object.fromEntries(body.items.map((item: { id: string }) => [item.id, item]));
    expect(byId.x).toMatchObject({
      title: '<b>Fish</b>',
      title_highlight: '&lt;b&gt;<mark>Fish</mark>&lt;/b&gt;',
      highlight: '&lt;script&gt;<mark>fish</mark>()&lt;/script&gt; &amp; &quot;more&quot;',
    });
    expect(byId.y.highlight).toBe('Only the <mark>fish</mark> here');
  });

  it('is answered in pages that hold each entry once', async () => {
    const { feed, search } = await startSearch();
    let seq = '';
    for (let index = 0; index < 23; index += 1) {
      seq = feed.change({ id: `e${index}`, published: { title: `Fish ${'and more '.repeat(index % 4)}` } });
    }
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Record<string, string> = cursor === null ? {} : { cursor };
      const { ids, body } = await search({ q: 'fish', limit: '5', min_seq: seq, ...page });
      expect(body.total).toBe(23);
      seen.push(...ids);
      cursor = body.next_cursor;
    } while (cursor !== null);
    expect(seen).toHaveLength(23);
    expect(new Set(seen).size).toBe(23);
  });

  it.each([
    ["' or 1=1 --", 200],
    [')(&|!<->:*', 200],
    ["'\\''\\\\", 200],
    ['\u0000fish\u0000', 400],
    ['\ud800', 200],
    ['%', 200],
    ['"', 200],
    ['-', 200],
    ['or or -or "or', 200],
    ['a'.repeat(200), 200],
    ['a '.repeat(16), 200],
    ['a '.repeat(17), 400],
    ['a'.repeat(201), 400],
    ['😀'.repeat(200), 200],
    ['a:*&b|!c<->d<2>e', 200],
    ['', 400],
  ])('is never an error of ours: %j', async (q, status) => {
    const answer = await shared.search({ q }, EDITOR);
    expect(answer.status).toBe(status);
  });

  it.each([
    [{ q: 'a', site: 'UPPER' }, 'validation_failed'],
    [{ q: 'a', limit: '0' }, 'validation_failed'],
    [{ q: 'a', limit: '51' }, 'validation_failed'],
    [{ q: 'a', type: 'a b' }, 'validation_failed'],
    [{ q: 'a', min_seq: '-1' }, 'validation_failed'],
    [{ q: 'a', min_seq: '9'.repeat(19) }, 'validation_failed'],
    [{ q: 'a', unknown: '1' }, 'validation_failed'],
    [{}, 'validation_failed'],
    [{ q: 'a', cursor: 'rubbish' }, 'invalid_cursor'],
    [{ q: 'a b c d e f g h i j k l m n o p q' }, 'query_too_complex'],
  ])('with a wrong part is told so: %j', async (query, code) => {
    await expect(shared.search(query)).resolves.toMatchObject({ status: 400, code });
  });
});

describe('the site', () => {
  it('is the one asked for, else that of the host, else that of the token', async () => {
    const { app, feed, issuer, search } = await startSearch();
    feed.change({ id: 'a', site: 'site-a.localhost', published: { title: 'Fish' } });
    const seq = feed.change({ id: 'b', site: 'site-b.localhost', published: { title: 'Fish' } });
    await search({ q: 'fish', min_seq: seq });
    const ids = async (url: string, headers: Record<string, string> = {}) =>
      (await app.inject({ url, headers })).json().items?.map((item: { id: string }) => item.id);
    await expect(ids('/search?q=fish&site=site-b.localhost', { 'x-gaia-site': 'site-a.localhost' })).resolves.toEqual([
      'b',
    ]);
    await expect(ids('/search?q=fish', { 'x-gaia-site': 'site-b.localhost' })).resolves.toEqual(['b']);
    const token = issuer.headersFor({ site: 'site-b.localhost' });
    await expect(ids('/search?q=fish', { ...token })).resolves.toEqual(['b']);
    const none = await app.inject({ url: '/search?q=fish' });
    expect(none.json()).toMatchObject({ status: 400, code: 'site_required' });
  });
});

describe('a token', () => {
  it.each<[string, (issuer: Awaited<ReturnType<typeof startSearch>>['issuer']) => string, number, string]>([
    ['of another site', (issuer) => issuer.tokenFor({ site: 'site-b.localhost' }), 403, 'forbidden'],
    ['of no site', (issuer) => issuer.tokenFor({ site: null, role: 'administrator' }), 403, 'forbidden'],
    ['that has expired', (issuer) => issuer.tokenFor({ expiresIn: -60 }), 401, 'token_expired'],
    ['for another purpose', (issuer) => issuer.tokenFor({ header: { typ: 'reset+jwt' } }), 401, 'token_invalid'],
    ['for another audience', (issuer) => issuer.tokenFor({ audience: 'cms' }), 401, 'token_invalid'],
    ['that is rubbish', () => 'abc', 401, 'token_malformed'],
  ])('%s is refused', async (_name, token, status, code) => {
    const { app, issuer } = shared;
    const answer = await app.inject({
      url: '/search?q=fish&site=site-a.localhost',
      headers: { authorization: `Bearer ${token(issuer)}` },
    });
    expect(answer.json()).toMatchObject({ status, code });
    if (status === 401) expect(answer.headers['www-authenticate']).toContain('error="invalid_token"');
  });

  it('is told back by whoami, which needs one', async () => {
    const { app, issuer } = shared;
    const known = await app.inject({ url: '/search/whoami', headers: issuer.headersFor(MEMBER) });
    expect(known.json()).toMatchObject({ sub: 'reader', site: 'site-a.localhost', roles: ['member'] });
    const unknown = await app.inject({ url: '/search/whoami' });
    expect(unknown.json()).toMatchObject({ status: 401, code: 'token_missing' });
  });
});

it('describes itself', async () => {
  const document = (await shared.app.inject('/openapi.json')).json();
  expect(Object.keys(document.paths)).toEqual(expect.arrayContaining(['/search', '/search/whoami']));
  expect(document.paths['/search'].get.responses['503'].description).toContain('index_behind');
});
