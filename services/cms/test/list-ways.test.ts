import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Filter, FilterOperator } from '../src/entry-queries/filter.ts';
import { type ListRequest, listEntries } from '../src/entry-queries/list-entries.ts';
import { defaultLimits } from '../src/entry-queries/list-plans.ts';
import { createTypeCache } from '../src/types/type-cache.ts';
import { admin, author, editor, member, SITE, startCms, type TestCms } from './cms.ts';

let cms: TestCms;
beforeAll(async () => {
  cms = await startCms();
});
afterAll(() => cms.close());

const long = 'x'.repeat(99);
const values = {
  text: fc.constantFrom('a', 'A', 'é', 'E', 'z', '', 'a b', 'ß', long, `${long}y`, `${long}yz`, `${long}yzé`),
  number: fc.constantFrom(-1, 0, 0.5, 2, 10, 1e20),
  boolean: fc.boolean(),
  date: fc.constantFrom('2026-01-01', '2026-01-01T10:00:00.000Z', '2025-12-31', '2026-01-02'),
  topic: fc.constantFrom('news', 'tech', 'Art'),
  tags: fc.subarray(['a', 'É', long, `${long}${long}`]),
};
const fields = [
  { name: 'text', type: 'text' },
  { name: 'number', type: 'number' },
  { name: 'boolean', type: 'boolean' },
  { name: 'date', type: 'date' },
  { name: 'topic', type: 'enum', values: ['news', 'tech', 'Art'] },
  { name: 'tags', type: 'list', of: { type: 'text' } },
];
const entry = fc.record({
  fields: fc.record(values, { requiredKeys: [] }),
  edited: fc.option(fc.record(values, { requiredKeys: [] })),
  by: fc.constantFrom(author, editor),
  visibility: fc.constantFrom('public', 'public', 'members', 'author'),
  published: fc.boolean(),
});

type Name = keyof typeof values;
const names = Object.keys(values) as Name[];
const operators: Readonly<Record<Name, readonly FilterOperator[]>> = {
  text: ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'contains', 'starts_with', 'empty'],
  number: ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'empty'],
  boolean: ['eq', 'ne', 'empty'],
  date: ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'empty'],
  topic: ['eq', 'ne', 'in', 'gt', 'contains', 'empty'],
  tags: ['contains', 'empty'],
};
const test: fc.Arbitrary<Filter> = fc.constantFrom(...names).chain((field) =>
  fc.constantFrom(...operators[field]).chain((operator): fc.Arbitrary<Filter> => {
    const one = (values[field] as fc.Arbitrary<unknown>).map((value) =>
      String(Array.isArray(value) ? (value[0] ?? 'a') : value),
    );
    if (operator === 'empty') return fc.boolean().map((flag) => ({ field, operator, values: [String(flag)] }));
    return fc
      .array(one, { minLength: 1, maxLength: operator === 'in' ? 3 : 1 })
      .map((texts) => ({ field, operator, values: texts }));
  }),
);
const filter = fc.oneof(
  { weight: 3, arbitrary: test },
  { weight: 1, arbitrary: fc.array(test, { minLength: 1, maxLength: 3 }).map((parts): Filter => ({ and: parts })) },
  { weight: 1, arbitrary: fc.array(test, { minLength: 2, maxLength: 2 }).map((parts): Filter => ({ or: parts })) },
  { weight: 1, arbitrary: test.map((part): Filter => ({ not: part })) },
);
const key = fc.tuple(
  fc.constantFrom('', '-'),
  fc.constantFrom('text', 'number', 'boolean', 'date', 'topic', 'created_at', 'updated_at', 'published_at'),
);
const query = fc.record({
  filter: fc.option(filter, { nil: undefined }),
  sort: fc
    .uniqueArray(key, { minLength: 1, maxLength: 3, selector: ([, name]) => name })
    .map((keys) => keys.map((parts) => parts.join('')).join(',')),
  status: fc.constantFrom(undefined, undefined, 'draft' as const, 'published' as const),
  limit: fc.integer({ min: 2, max: 5 }),
  who: fc.constantFrom('anonymous' as const, 'member' as const, 'author' as const, 'editor' as const),
});

let made = 0;
async function makeEntries(
  entries: readonly (typeof entry extends fc.Arbitrary<infer T> ? T : never)[],
): Promise<string> {
  made += 1;
  const type = `type${made}`;
  const defined = await cms.call('POST /cms/a/types', { as: admin, body: { name: type, fields } });
  expect(defined.status).toBe(201);
  for (const { by, visibility, published, edited, ...rest } of entries) {
    const body = { type, visibility, fields: rest.fields };
    const { status, body: created } = await cms.call('POST /cms/a/entries', { as: by, body });
    expect(status).toBe(201);
    if (published) await cms.call(`POST /cms/a/entries/${created.id}/publish`, { as: editor });
    if (edited) await cms.call(`PATCH /cms/a/entries/${created.id}`, { as: by, body: { fields: edited } });
  }
  return type;
}

const setWaiting = async (type: string) => {
  await sql`insert into variant_fills (site, type_id) select site, id from content_types where name = ${type}`.execute(
    cms.database,
  );
};
const callers = { anonymous: undefined, member, author, editor };
const scopesOf = {
  member: ['content:read'],
  author: ['content:read', 'content:write'],
  editor: ['content:read', 'content:write', 'content:edit'],
};

async function pages(
  type: string,
  who: keyof typeof callers,
  request: Omit<ListRequest, 'type' | 'cursor' | 'locale'>,
  limits = defaultLimits,
) {
  const caller =
    who === 'anonymous'
      ? undefined
      : { subject: callers[who]?.subject as string, site: SITE, roles: [who], scopes: scopesOf[who] };
  const types = createTypeCache();
  const found: (string[] | number | undefined)[] = [];
  let cursor: string | undefined;
  do {
    const list = await listEntries(
      cms.database,
      types,
      caller,
      SITE,
      { ...request, locale: undefined, type, cursor },
      limits,
    );
    found.push(list.items.map(({ id }) => id));
    if (cursor === undefined) found.push(await list.total());
    cursor = list.nextCursor;
  } while (cursor !== undefined);
  return found;
}

const small = { few: 2, many: 4, gathered: 3 };

describe('lists by variants', () => {
  it('give the pages that lists by documents give, whatever plan finds them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(entry, { minLength: 4, maxLength: 12 }),
        fc.array(query, { minLength: 8, maxLength: 8 }),
        async (entries, queries) => {
          const type = await makeEntries(entries);
          for (const { who, ...request } of queries) {
            const byVariants = await pages(type, who, request);
            const inSteps = await pages(type, who, request, small);
            await setWaiting(type);
            const byDocuments = await pages(type, who, request);
            await sql`delete from variant_fills`.execute(cms.database);
            expect({ request, who, pages: byVariants }).toEqual({ request, who, pages: byDocuments });
            expect({ request, who, pages: inSteps }).toEqual({ request, who, pages: byDocuments });
          }
        },
      ),
      { numRuns: 6 },
    );
  });

  it('take the place of those by documents when the slots are filled', async () => {
    const type = await makeEntries([
      { fields: { text: 'a' }, edited: null, by: editor, visibility: 'public', published: true },
    ]);
    const request = { filter: undefined, sort: 'text', status: undefined, limit: 5 };
    await sql`delete from entry_variants`.execute(cms.database);
    expect(await pages(type, 'anonymous', request)).toEqual([[], 0]);
    await setWaiting(type);
    expect(await pages(type, 'anonymous', request)).toEqual([[expect.any(String)], 1]);
    await cms.refresh();
    expect(await pages(type, 'anonymous', request)).toEqual([[expect.any(String)], 1]);
  });
});
