import { classesOf } from '@gaia/policy/access-classes';
import type { Visibility } from '@gaia/policy/access-rule';
import { type Caller, visible } from '@gaia/policy/visibility';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listEntries } from '../src/entry-queries/list-entries.ts';
import { createTypeCache } from '../src/types/type-cache.ts';
import { admin, defineArticle, editor, SITE, startCms, type TestCms } from './cms.ts';

let cms: TestCms;
const entries: { id: string; author: string; visibility: Visibility; published: boolean; accessClass: number }[] = [];
const rules = [
  { visibility: 'public' },
  { visibility: 'members' },
  { visibility: 'author' },
  { visibility: 'roles', roles: ['vip'] },
  { visibility: 'roles', roles: ['press', 'vip'] },
  { visibility: 'products', products: ['course'] },
  { visibility: 'products', products: ['book', 'course'] },
] as const;
const holds = { 'u-one': ['course'], 'u-two': ['book'], 'u-three': ['book', 'course'] };
beforeAll(async () => {
  cms = await startCms();
  await defineArticle(cms);
  for (const id of ['course', 'book']) await cms.call('POST /cms/a/products', { as: admin, body: { id, name: id } });
  for (const [user, products] of Object.entries(holds)) {
    for (const product of products) await cms.call(`PUT /cms/a/entitlements/${user}/${product}`, { as: admin });
  }
  for (const subject of ['u-one', 'u-two']) {
    for (const rule of rules) {
      for (const published of [true, false]) {
        const body = { type: 'article', fields: { title: 'x' }, ...rule };
        const { id } = (await cms.call('POST /cms/a/entries', { as: { ...editor, subject }, body })).body;
        if (published) await cms.call(`POST /cms/a/entries/${id}/publish`, { as: editor });
        entries.push({ id, author: subject, visibility: rule.visibility, published, accessClass: 0 });
      }
    }
  }
  for (const entry of entries) {
    const { body } = await cms.call(`GET /cms/a/entries/${entry.id}/access?as=anonymous`, { as: editor });
    entry.accessClass = body.rule.access_class;
  }
});
afterAll(() => cms.close());

const caller: fc.Arbitrary<Caller> = fc.option(
  fc.record({
    subject: fc.constantFrom('u-one', 'u-two', 'u-three', 'u-four'),
    site: fc.constantFrom(SITE, SITE, SITE, 'site-b.localhost', undefined),
    roles: fc.subarray(['member', 'vip', 'press']),
    scopes: fc.subarray(['content:read', 'content:write', 'content:edit', 'content:publish', 'assets:read']),
  }),
  { nil: undefined },
);

describe('the decision in memory and the one in SQL', () => {
  it('agree for every caller and entry', async () => {
    const types = createTypeCache();
    const request = {
      type: undefined,
      status: undefined,
      filter: undefined,
      locale: undefined,
      sort: undefined,
      cursor: undefined,
      limit: 100,
    };
    const classes = await cms.database.selectFrom('access_classes').selectAll().where('site', '=', SITE).execute();
    expect(classes).toHaveLength(4);
    await fc.assert(
      fc.asyncProperty(caller, async (who) => {
        const list = await listEntries(cms.database, types, who, SITE, request);
        const products: string[] = { 'u-four': [], ...holds }[who?.subject ?? 'u-four'] ?? [];
        const mine = classesOf(who, SITE, classes, products);
        const expected = entries.filter((entry) =>
          visible(who, SITE, { ...entry, site: SITE, granted: mine.includes(entry.accessClass) }),
        );
        expect(list.items.map((item) => item.id).toSorted()).toEqual(expected.map((entry) => entry.id).toSorted());
      }),
      { numRuns: 60 },
    );
  });
});
