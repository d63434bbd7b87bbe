import { expect, it } from 'vitest';
import { readFeedPage } from '../../src/feed/feed-page.ts';

const copy = { fields: {}, title: 'Fish', text: 'swims', assets: [] };
const at = '2026-11-22T02:20:00.000Z';
const entry = {
  type: 'article',
  author: 'a',
  visibility: 'public',
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
  const page = readFeedPage({ ...good, held: true });
  expect(page).toEqual({
    events: [
      {
        site: 'a.test',
        id: 'x',
        entry: {
          type: 'article',
          author: 'a',
          visibility: 'public',
          status: 'published',
          updatedAt: at,
          draft: { title: 'Fish', text: 'swims' },
          published: { title: 'Fish', text: 'swims', publishedAt: at },
        },
      },
    ],
    size: 1,
    cursor: 'c',
    seq: 1n,
    head: 2n,
  });
});

it('counts events of other kinds but does not read them', () => {
  expect(readFeedPage({ ...good, events: [{ kind: 'asset' }] })).toMatchObject({ events: [], size: 1 });
});

it('takes out what PostgreSQL cannot hold', () => {
  const page = readFeedPage(withEntry({ draft: { title: 'a\u0000b', text: '\ud800' } }));
  expect(page.events[0]?.entry?.draft).toEqual({ title: 'ab', text: '\ufffd' });
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
])('names what is wrong: %s', (what, value) => {
  expect(() => readFeedPage(value)).toThrow(
    expect.objectContaining({ code: 'malformed', message: expect.stringContaining(what) }),
  );
});
