import { type Caller, type Visibility, visible } from '@gaia/policy/visibility';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listEntries } from '../src/listing/list-entries.ts';
import { createTypeCache } from '../src/types/type-cache.ts';
import { createArticle, defineArticle, editor, SITE, startCms, type TestCms } from './cms.ts';

let cms: TestCms;
const entries: { id: string; author: string; visibility: Visibility; published: boolean }[] = [];
beforeAll(async () => {
  cms = await startCms();
  await defineArticle(cms);
  for (const subject of ['u-one', 'u-two']) {
    for (const visibility of ['public', 'members'] as const) {
      for (const published of [true, false]) {
        const { id } = await createArticle(
          cms,
          { title: `${subject} ${visibility}` },
          { as: { ...editor, subject }, visibility, publish: published },
        );
        entries.push({ id, author: subject, visibility, published });
      }
    }
  }
});
afterAll(() => cms.close());

const caller: fc.Arbitrary<Caller> = fc.option(
  fc.record({
    subject: fc.constantFrom('u-one', 'u-two', 'u-three'),
    site: fc.constantFrom(SITE, 'site-b.localhost', undefined),
    scopes: fc.subarray(['content:read', 'content:write', 'content:edit', 'content:publish', 'assets:read']),
  }),
  { nil: undefined },
);

describe('the decision in memory and the one in SQL', () => {
  it('agree for every caller and entry', async () => {
    const types = createTypeCache();
    const request = { type: undefined, status: undefined, filters: [], sort: undefined, cursor: undefined, limit: 100 };
    await fc.assert(
      fc.asyncProperty(caller, async (who) => {
        const list = await listEntries(cms.database, types, who, SITE, request);
        const expected = entries.filter((entry) => visible(who, SITE, { ...entry, site: SITE }));
        expect(list.items.map((item) => item.id).toSorted()).toEqual(expected.map((entry) => entry.id).toSorted());
      }),
      { numRuns: 60 },
    );
  });
});
