import type { TokenRequest } from '@gaia/testing/issuer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  admin,
  articleFields,
  author,
  createArticle,
  defineArticle,
  editor,
  feedEvents,
  follower,
  foreigner,
  startCms,
  type TestCms,
} from './cms.ts';

/** What auth makes for its own requests. */
const asAuth: TokenRequest = {
  role: 'service',
  clientId: 'auth',
  scope: 'subjects:erase',
  audience: 'cms',
};
const exportOf = (subject: string): TokenRequest => ({
  subject,
  site: null,
  roles: [],
  scope: 'account:export',
  audience: 'cms',
});

let cms: TestCms;
beforeAll(async () => {
  cms = await startCms();
  await defineArticle(cms);
  await cms.call('POST /cms/b/types', { as: foreigner, body: { name: 'article', fields: articleFields } });
  for (const [site, as] of [
    ['a', admin],
    ['b', foreigner],
  ] as const) {
    for (const id of ['course', 'book']) {
      await cms.call(`POST /cms/${site}/products`, { as, body: { id, name: id } });
    }
  }
});
afterAll(() => cms.close());

async function all(path: string, subject: string) {
  const items: Record<string, unknown>[] = [];
  let query = '';
  for (let page = 0; page < 200; page += 1) {
    const { status, body } = await cms.call(`GET ${path}${query}`, { as: exportOf(subject) });
    expect(status, JSON.stringify(body)).toBe(200);
    items.push(...body.items);
    if (body.next_cursor === null) return items;
    query = `?cursor=${body.next_cursor}`;
  }
  throw new Error('the list has no end');
}

const grant = (site: 'a' | 'b', user: string, product: string) =>
  cms.call(`PUT /cms/${site}/entitlements/${user}/${product}`, { as: site === 'a' ? admin : foreigner });

describe('what a user has made', () => {
  it('lists entries of the subject across all sites, with drafts, and no others', async () => {
    const titles: string[] = [];
    for (let n = 0; n < 101; n += 1) {
      titles.push(`mine ${n}`);
      await createArticle(cms, { title: `mine ${n}` }, { as: author, visibility: n % 2 === 0 ? 'members' : 'author' });
    }
    await createArticle(cms, { title: 'another one’s' }, { as: editor, publish: true });
    const elsewhere: TokenRequest = { role: 'author', subject: 'u-author', site: 'site-b.localhost' };
    await cms.call('POST /cms/b/entries', { as: elsewhere, body: { type: 'article', fields: { title: 'at b' } } });
    const items = await all('/cms/me/entries', 'u-author');
    expect(items.map((item) => (item.fields as { title: string }).title)).toEqual([...titles, 'at b']);
    expect(items[0]).toMatchObject({ site: 'site-a.localhost', type: 'article', author: 'u-author', withheld: [] });
    expect(await all('/cms/me/entries', 'u-unknown')).toEqual([]);
  });

  it('comes in pages that are bounded by their size', async () => {
    const large: TokenRequest = { role: 'author', subject: 'u-large' };
    const body = 'x'.repeat(190_000);
    for (let n = 0; n < 8; n += 1) await createArticle(cms, { title: `${n}`, body }, { as: large });
    const page = await cms.call('GET /cms/me/entries', { as: exportOf('u-large') });
    expect(page.body.items).toHaveLength(6);
    expect(await all('/cms/me/entries', 'u-large')).toHaveLength(8);
  });

  it('leaves out fields that only some roles may read, and names them', async () => {
    const fields = [
      { name: 'title', type: 'text' },
      { name: 'verdict', type: 'text', readable_by: ['editor'] },
    ];
    await cms.call('POST /cms/a/types', { as: admin, body: { name: 'review', fields } });
    const writer: TokenRequest = { role: 'author', subject: 'u-reviewed' };
    const made = await cms.call('POST /cms/a/entries', {
      as: writer,
      body: { type: 'review', fields: { title: 'T' } },
    });
    const verdict = { fields: { verdict: 'weak' } };
    const changed = await cms.call(`PATCH /cms/a/entries/${made.body.id}`, { as: editor, body: verdict });
    expect(changed.status).toBe(200);
    expect(await all('/cms/me/entries', 'u-reviewed')).toMatchObject([
      { fields: { title: 'T' }, withheld: ['verdict'] },
    ]);
    expect((await all('/cms/me/entries', 'u-reviewed'))[0]?.fields).not.toHaveProperty('verdict');
  });

  it('has entitlements of all sites beside it', async () => {
    for (const [site, product] of [
      ['b', 'book'],
      ['a', 'course'],
      ['a', 'book'],
    ] as const) {
      await grant(site, 'u-buyer', product);
    }
    await grant('a', 'u-other', 'course');
    await cms.call('DELETE /cms/a/entitlements/u-buyer/book', { as: admin });
    expect(await all('/cms/me/entitlements', 'u-buyer')).toMatchObject([
      { site: 'site-a.localhost', product: 'course' },
      { site: 'site-b.localhost', product: 'book' },
    ]);
  });
});

describe('erasing a user', () => {
  const erase = (user: string) => cms.call(`DELETE /cms/subjects/${user}`, { as: asAuth });

  it('withdraws what they hold on every site, tells the feed, and may be repeated', async () => {
    await grant('a', 'u-gone', 'course');
    await grant('b', 'u-gone', 'book');
    await grant('a', 'u-stays', 'course');
    await createArticle(cms, { title: 'kept' }, { as: { role: 'author', subject: 'u-gone' } });
    for (const _time of [1, 2]) expect((await erase('u-gone')).status).toBe(204);
    expect(await all('/cms/me/entitlements', 'u-gone')).toEqual([]);
    expect(await all('/cms/me/entitlements', 'u-stays')).toHaveLength(1);
    const sources = await cms.database.selectFrom('entitlement_sources').select('subject').execute();
    expect(sources.map((row) => row.subject)).not.toContain('u-gone');
    const told = (await feedEvents(cms)).filter(
      (event: { kind: string; entitlement?: { user: string; held: boolean } }) =>
        event.kind === 'entitlement' && event.entitlement?.user === 'u-gone',
    );
    expect(told.map((event: { entitlement: { held: boolean } }) => event.entitlement.held)).toEqual(
      Array(told.length).fill(false),
    );
    expect(new Set(told.map((event: { site: string }) => event.site)).size).toBe(2);
    expect(await all('/cms/me/entries', 'u-gone')).toMatchObject([{ author: 'u-gone', fields: { title: 'kept' } }]);
  });

  it('succeeds for an unknown subject', async () => {
    expect((await erase('u-never-seen')).status).toBe(204);
  });
});

describe('who may not', () => {
  const acting = { ...exportOf('u-author'), claims: { act: { sub: 'u-admin' } } };
  const routes = ['GET /cms/me/entries', 'GET /cms/me/entitlements', 'DELETE /cms/subjects/u-author'];
  const callers: [string, TokenRequest | undefined, number, string][] = [
    ['without a token', undefined, 401, 'token_missing'],
    ['as the author', author, 403, 'insufficient_scope'],
    ['as an administrator', { role: 'administrator', site: null }, 403, 'insufficient_scope'],
    ['as a service', follower, 403, 'insufficient_scope'],
    [
      'with a token for auth',
      { ...asAuth, scope: 'account:export subjects:erase', audience: 'auth' },
      401,
      'token_invalid',
    ],
  ];
  it.each(callers)('ask for it %s', async (_who, as, status, code) => {
    for (const route of routes) expect(await cms.call(route, { as })).toMatchObject({ status, body: { code } });
  });

  it('with the permission for the other, or acting for the user', async () => {
    for (const [route, as, code] of [
      [routes[0], asAuth, 'insufficient_scope'],
      [routes[2], exportOf('u-author'), 'insufficient_scope'],
      [routes[0], acting, 'forbidden'],
      [routes[1], acting, 'forbidden'],
    ] as const) {
      expect(await cms.call(String(route), { as })).toMatchObject({ status: 403, body: { code } });
    }
  });

  it.each(['x', Buffer.from('["a","x","y"]').toString('base64url'), Buffer.from('["a"]').toString('base64url')])(
    'with the cursor %s',
    async (cursor) => {
      expect(await cms.call(`GET /cms/me/entries?cursor=${cursor}`, { as: exportOf('u-author') })).toMatchObject({
        status: 400,
        body: { code: 'invalid_cursor' },
      });
    },
  );
});
