import { expect, it } from 'vitest';
import { readFeedPage } from '../src/feed-page.ts';

const copy = { fields: {}, title: 'Fish', text: 'swims', assets: ['f1', 'f1'], restricted: [] };
const at = '2026-11-22T02:20:00.000Z';
const entry = {
  type: 'article',
  author: 'a',
  visibility: 'public',
  access_class: 1,
  status: 'published',
  version: 1,
  updated_at: at,
  draft: copy,
  published: { ...copy, published_at: at },
};
const good = {
  events: [{ seq: '1', at, kind: 'entry', site: 'a.test', id: 'x', entry }],
  cursor: 'c',
  seq: '1',
  head: '2',
};
const withEntry = (changes: object) => ({ ...good, events: [{ ...good.events[0], entry: { ...entry, ...changes } }] });

it('reads what it needs and leaves the rest', () => {
  const restricted = [{ readable_by: ['editor'], text: 'secret', assets: ['f2'] }];
  const page = readFeedPage({ ...withEntry({ draft: { ...copy, restricted } }), held: true });
  const read = {
    title: 'Fish',
    titleLanguage: undefined,
    text: 'swims',
    languages: [],
    values: {},
    assets: ['f1'],
    restricted: [],
  };
  expect(page).toEqual({
    events: [
      {
        kind: 'entry',
        site: 'a.test',
        id: 'x',
        entry: {
          type: 'article',
          author: 'a',
          visibility: 'public',
          accessClass: 1,
          status: 'published',
          updatedAt: at,
          comparable: [],
          draft: { ...read, restricted: [{ readableBy: ['editor'], assets: ['f2'] }] },
          published: { ...read, publishedAt: at },
        },
      },
    ],
    size: 1,
    cursor: 'c',
    seq: 1n,
    head: 2n,
  });
});

it('reads access classes and entitlements', () => {
  const known = { seq: '1', at, site: 'a.test', id: 'x' };
  const events = [
    { ...known, kind: 'class', class: { id: 17, kind: 'products', names: ['course'] } },
    { ...known, kind: 'entitlement', entitlement: { user: 'u', product: 'course', held: false } },
  ];
  expect(readFeedPage({ ...good, events }).events).toEqual([
    { kind: 'class', site: 'a.test', id: 17, of: 'products', names: ['course'] },
    { kind: 'entitlement', site: 'a.test', subject: 'u', product: 'course', held: false },
  ]);
});

it('counts events of other kinds but does not read them', () => {
  expect(readFeedPage({ ...good, events: [{ kind: 'asset' }] })).toMatchObject({ events: [], size: 1 });
});

it('takes out what PostgreSQL cannot hold', () => {
  const page = readFeedPage(withEntry({ draft: { ...copy, title: 'a\u0000b', text: '\ud800' } }));
  expect(page.events[0]).toMatchObject({ entry: { draft: { title: 'ab', text: '\ufffd' } } });
});

it.each([
  ['page', null],
  ['page', []],
  ['events', { ...good, events: {} }],
  ['event', { ...good, events: [1] }],
  ['cursor', { ...good, cursor: 1 }],
  ['cursor', { ...good, cursor: 'c'.repeat(1_001) }],
  ['seq', { ...good, seq: '-1' }],
  ['seq', { ...good, seq: 1.5 }],
  ['head', { ...good, head: undefined }],
  ['site', { ...good, events: [{ ...good.events[0], site: '' }] }],
  ['entry', { ...good, events: [{ ...good.events[0], entry: undefined }] }],
  ['draft', withEntry({ draft: null })],
  ['published', withEntry({ published: undefined })],
  ['published_at', withEntry({ published: copy })],
  ['updated_at', withEntry({ updated_at: 'yesterday' })],
  ['title', withEntry({ draft: { text: '' } })],
  ['assets', withEntry({ draft: { ...copy, assets: [1] } })],
  ['restricted', withEntry({ draft: { ...copy, restricted: {} } })],
  ['readable_by', withEntry({ draft: { ...copy, restricted: [{ assets: [] }] } })],
  ['access_class', withEntry({ access_class: 0 })],
  ['access_class', withEntry({ access_class: '1' })],
  ['class.kind', { ...good, events: [{ kind: 'class', site: 'a.test', class: { id: 17, kind: 'all', names: [] } }] }],
  [
    'class.id',
    { ...good, events: [{ kind: 'class', site: 'a.test', class: { id: 2 ** 31, kind: 'roles', names: [] } }] },
  ],
  ['held', { ...good, events: [{ kind: 'entitlement', site: 'a.test', entitlement: { user: 'u', product: 'p' } }] }],
])('names what is wrong: %s', (what, value) => {
  expect(() => readFeedPage(value)).toThrow(
    expect.objectContaining({ code: 'malformed', message: expect.stringContaining(what) }),
  );
});
