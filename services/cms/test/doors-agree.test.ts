import { classesOf } from '@gaia/policy/access-classes';
import type { AccessClass } from '@gaia/policy/access-rule';
import { holds } from '@gaia/policy/condition';
import { visible, workingCopyReadable } from '@gaia/policy/visibility';
import { siteRoles } from '@gaia/tokens/scopes';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { admin, defineArticle, editor, follower, foreigner, SITE, startCms, type TestCms } from './cms.ts';

let cms: TestCms;
beforeAll(async () => {
  cms = await startCms();
  await defineArticle(cms);
  for (const id of products) await cms.call('POST /cms/a/products', { as: admin, body: { id, name: id } });
});
afterAll(() => cms.close());

const products = ['course', 'book'];
const users = ['u-0', 'u-1', 'u-2', 'u-3'];
const roles = { 'u-0': ['member'], 'u-1': ['member', 'vip'], 'u-2': ['author'], 'u-3': ['author', 'vip'] } as const;
type User = keyof typeof roles;

const rule = fc.oneof(
  fc.constantFrom({ visibility: 'public' }, { visibility: 'members' }, { visibility: 'author' }),
  fc.constant({ visibility: 'roles', roles: ['vip'] }),
  fc.subarray(products, { minLength: 1 }).map((names) => ({ visibility: 'products', products: names })),
);
const user = fc.constantFrom(...(users as User[]));
const nth = fc.nat({ max: 11 });
const rating = fc.nat({ max: 3 });
const operation = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('create' as const),
      by: fc.constantFrom('u-2', 'u-3', 'u-editor'),
      rule,
      rating,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('publish' as const), nth }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unpublish' as const), nth }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), nth }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('open' as const), nth, rule }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('edit' as const), nth, rating }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('grant' as const, 'withdraw' as const),
      user,
      product: fc.constantFrom(...products),
    }),
  },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

const made: string[] = [];
const tokenOf = (name: string) => {
  if (name === 'u-editor') return { ...editor, subject: name };
  const mine = roles[name as User] as readonly string[];
  return { role: mine[0] as 'member', subject: name, claims: { roles: mine } };
};

async function carryOut(op: Operation): Promise<void> {
  const entry = 'nth' in op ? made[op.nth % Math.max(1, made.length)] : undefined;
  const path = `/cms/a/entries/${entry}`;
  if (op.do === 'create') {
    const body = { type: 'article', fields: { title: `t${made.length % 5}`, rating: op.rating }, ...op.rule };
    made.push((await cms.call('POST /cms/a/entries', { as: tokenOf(op.by), body })).body.id);
  } else if (op.do === 'publish' || op.do === 'unpublish') await cms.call(`POST ${path}/${op.do}`, { as: editor });
  else if (op.do === 'delete') await cms.call(`DELETE ${path}`, { as: editor });
  else if (op.do === 'open') await cms.call(`PATCH ${path}`, { as: editor, body: op.rule });
  else if (op.do === 'edit') await cms.call(`PATCH ${path}`, { as: editor, body: { fields: { rating: op.rating } } });
  else if (op.do === 'grant') await cms.call(`PUT /cms/a/entitlements/${op.user}/${op.product}`, { as: admin });
  else await cms.call(`DELETE /cms/a/entitlements/${op.user}/${op.product}`, { as: admin });
}

interface Replica {
  // biome-ignore lint/suspicious/noExplicitAny: an entry as JSON.
  readonly entries: Map<string, any>;
  readonly classes: Map<number, AccessClass>;
  readonly held: Set<string>;
}

/** What a consumer of the feed holds after it has read all. */
async function replay(replica: Replica, from: string): Promise<string> {
  const newest = await sql<{ seq: string }>`select max(seq)::text as seq from feed_events`.execute(cms.database);
  const until = BigInt(newest.rows[0]?.seq ?? 0);
  for (let after = from; ; ) {
    const { body } = await cms.call(`GET /cms/feed?after=${after}&limit=20&wait=0.05`, { as: follower });
    for (const event of body.events) {
      if (event.kind === 'class') replica.classes.set(event.class.id, event.class);
      else if (event.kind === 'entitlement') {
        const { user: who, product, held } = event.entitlement;
        if (held) replica.held.add(`${who} ${product}`);
        else replica.held.delete(`${who} ${product}`);
      } else if (event.entry === null) replica.entries.delete(event.id);
      else replica.entries.set(event.id, event.entry);
    }
    after = body.cursor;
    if (body.events.length > 0 || BigInt(body.seq) < until) continue;
    const unknown = [...replica.entries.values()].filter(
      ({ access_class: id }) => id >= 16 && !replica.classes.has(id),
    );
    expect(unknown).toEqual([]);
    return after;
  }
}

/** Ids that the policy lets a caller see, by what the feed says, of those whose seen copy passes the filter. */
function byFeed(replica: Replica, name: string | undefined, least: number): string[] {
  const mine = name === undefined ? [] : name === 'u-editor' ? ['editor'] : (roles[name as User] as readonly string[]);
  const scopes = mine.flatMap((role) => (siteRoles as Readonly<Record<string, readonly string[]>>)[role] ?? []);
  const caller = name === undefined ? undefined : { subject: name, site: SITE, roles: mine, scopes };
  const bought = products.filter((product) => replica.held.has(`${name} ${product}`));
  const classes = classesOf(caller, SITE, replica.classes.values(), bought);
  return [...replica.entries]
    .filter(([, entry]) => {
      const facts = {
        site: SITE,
        author: entry.author,
        published: entry.published !== null,
        granted: classes.includes(entry.access_class),
      };
      if (!visible(caller, SITE, facts)) return false;
      const copy = holds(workingCopyReadable(caller, SITE), facts) ? entry.draft : entry.published;
      return copy.fields.rating >= least;
    })
    .map(([id]) => id)
    .toSorted();
}

it('REST, GraphQL and what the feed tells show every caller the same entries', async () => {
  const replica: Replica = { entries: new Map(), classes: new Map(), held: new Set() };
  let cursor = '';
  const operations = fc.array(operation, { minLength: 4, maxLength: 14 });
  await fc.assert(
    fc.asyncProperty(
      operations,
      rating,
      fc.constantFrom('-rating', 'title,-created_at'),
      async (steps, least, sort) => {
        for (const step of steps) await carryOut(step);
        cursor = await replay(replica, cursor);
        for (const name of [undefined, ...users, 'u-editor']) {
          const as = name === undefined ? undefined : tokenOf(name);
          const rest: string[] = [];
          let page = '';
          do {
            const query = `type=article&filter[rating][gte]=${least}&sort=${sort}&limit=7${page}`;
            const { body } = await cms.call(`GET /cms/a/entries?${query}`, { as });
            rest.push(...body.items.map((item: { id: string }) => item.id));
            page = body.next_cursor === null ? '' : `&cursor=${body.next_cursor}`;
          } while (page !== '');
          const text = `query($s: String, $least: String!) { article_list(sort: $s, limit: 100,
          filter: [{ field: "rating", operator: "gte", values: [$least] }]) { items { id } } }`;
          const variables = { s: sort, least: String(least) };
          const graphql = await cms.call(`POST /graphql?site=${SITE}`, { as, body: { query: text, variables } });
          const ids = graphql.body.data.article_list.items.map((item: { id: string }) => item.id);
          expect(ids, `order of ${name}`).toEqual(rest.slice(0, 100));
          expect(rest.toSorted(), `by feed, ${name}`).toEqual(byFeed(replica, name, least));
        }
        const elsewhere = await cms.call('GET /cms/b/entries', { as: foreigner });
        expect(elsewhere.body.items).toEqual([]);
      },
    ),
    { numRuns: 8, endOnFailure: true },
  );
  expect(replica.classes.size).toBeGreaterThan(1);
  expect(replica.entries.size).toBeGreaterThan(3);
}, 60_000);
