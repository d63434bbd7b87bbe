import { siteRoles } from '@gaia/tokens/scopes';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { callOnceArrived, lookThroughDoors, readFeed, type SiteByFeed } from './doors.ts';
import { runSuiteWithKnownKeys, type SuiteWithKnownKeys } from './known-keys.ts';
import { call } from './running-suite.ts';

let suite: SuiteWithKnownKeys;
beforeAll(async () => {
  suite = await runSuiteWithKnownKeys({ GAIA_DEMO: 'off' });
}, 120_000);
afterAll(() => suite?.stop());

type Base = 'member' | 'author' | 'editor';
/** A caller; anonymous without `base`. */
interface User {
  readonly subject: string;
  readonly base: Base | undefined;
  readonly roles: readonly string[];
  /** A user of another site. */
  readonly foreign: boolean;
}

interface Rule {
  readonly visibility: string;
  readonly roles?: readonly string[];
  readonly products?: readonly string[];
}

interface Entry {
  readonly id: string;
  readonly file: string;
  /** What stands in the fields that only the press may read: a text and a file. */
  readonly secret: string;
  readonly scan: string;
  readonly author: string;
  rule: Rule;
  published: boolean;
  /** The number in the working copy, and in the published one. */
  rank: number;
  publishedRank: number;
}

const ownRoles = ['vip', 'press'];
/** The role that alone may read the fields `secret` and `scan`; what stands in the first has this word in it. */
const SECRETS_ROLE = 'press';
const SECRET = 'Kingfisher';
const products = ['course', 'book'];
const anonymous: User = { subject: '', base: undefined, roles: [], foreign: false };
/** Uploads all files and writes nothing; in no other way connected with the entries. */
const uploader: User = { subject: 'u-uploader', base: 'author', roles: ['author'], foreign: false };
const ANOTHER_SITE = 'another.localhost';
/** Sites that are made up; each goes through two or three rounds of changes. */
const RUNS = Number(process.env.GAIA_PROPERTY_RUNS ?? 2);

// ---- what the documentation says, in words of this test's own ----

const isEditor = (user: User) => user.base === 'editor' && !user.foreign;
const seesWorkingCopy = (user: User, entry: Entry) =>
  !user.foreign && user.base !== undefined && (isEditor(user) || user.subject === entry.author);

function opens({ visibility, roles = [], products: asked = [] }: Rule, user: User, held: ReadonlySet<string>): boolean {
  if (user.foreign) return false;
  if (visibility === 'public') return true;
  if (user.base === undefined) return false;
  if (visibility === 'members') return true;
  if (visibility === 'roles') return roles.some((role) => user.roles.includes(role));
  if (visibility === 'products') return asked.some((product) => held.has(`${user.subject} ${product}`));
  return false;
}

const isVisible = (entry: Entry, user: User, held: ReadonlySet<string>) =>
  seesWorkingCopy(user, entry) || (entry.published && opens(entry.rule, user, held));

/** A draft that no editor has published opens its file to editors and to its uploader, not to its author. */
const isFileReadable = (entry: Entry, user: User, held: ReadonlySet<string>) =>
  user === uploader || isEditor(user) || (entry.published && isVisible(entry, user, held));

const readsSecrets = (user: User) => !user.foreign && user.roles.includes(SECRETS_ROLE);
/** A file that stands in a field for some: to them as any other, to the rest as if no entry mentioned it. */
const isScanReadable = (entry: Entry, user: User, held: ReadonlySet<string>) =>
  user === uploader || (readsSecrets(user) && isFileReadable(entry, user, held));

/** The same out of nothing but the feed. */
function visibleByFeed({ entries, classes, holds }: SiteByFeed, user: User): string[] {
  const isOpen = (accessClass: number) => {
    if (user.foreign) return false;
    if (accessClass === 1) return true;
    if (user.base === undefined) return false;
    if (accessClass === 2) return true;
    const named = classes.get(accessClass);
    if (named === undefined) return false;
    return named.names.some((name) =>
      named.kind === 'roles' ? user.roles.includes(name) : holds.has(`${user.subject} ${name}`),
    );
  };
  return [...entries]
    .filter(
      ([, entry]) =>
        isEditor(user) ||
        (!user.foreign && user.subject === entry.author) ||
        (entry.published !== null && isOpen(entry.access_class)),
    )
    .map(([id]) => id)
    .toSorted();
}

// ---- what happens ----

const rule: fc.Arbitrary<Rule> = fc.oneof(
  fc.constantFrom({ visibility: 'public' }, { visibility: 'members' }, { visibility: 'author' }),
  fc.subarray(ownRoles, { minLength: 1 }).map((roles) => ({ visibility: 'roles', roles })),
  fc.subarray(products, { minLength: 1 }).map((names) => ({ visibility: 'products', products: names })),
);
const rank = fc.nat({ max: 3 });
const nth = fc.nat({ max: 20 });
const entry = fc.record({ by: nth, rule, rank, publish: fc.boolean() });
const user = fc.record({
  base: fc.constantFrom<Base>('member', 'member', 'author', 'editor'),
  extra: fc.subarray(ownRoles),
  foreign: fc.boolean(),
});
const operation = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('publish' as const, 'unpublish' as const), nth }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), nth }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('open' as const), nth, rule }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('edit' as const), nth, rank }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('grant' as const, 'grant' as const, 'withdraw' as const),
      nth,
      product: fc.constantFrom(...products),
    }),
  },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;
const scenario = fc.record({
  users: fc.array(user, { minLength: 2, maxLength: 4 }),
  entries: fc.array(entry, { minLength: 5, maxLength: 8 }),
  batches: fc.array(fc.array(operation, { minLength: 3, maxLength: 8 }), { minLength: 2, maxLength: 3 }),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

let sites = 0;

/** A site of its own with its callers, its entries, and what the test believes of both. */
function createWorld({ users: random }: Scenario) {
  sites += 1;
  const site = `site-${sites}.localhost`;
  const named = (name: string, base: Base, ...extra: string[]): User => ({
    subject: name,
    base,
    roles: [base, ...extra],
    foreign: false,
  });
  // Those whom random users could leave out; the random ones come on top.
  const users: User[] = [
    anonymous,
    uploader,
    named('u-member', 'member'),
    named('u-vip', 'member', 'vip'),
    named('u-press', 'editor', 'press'),
    named('u-author', 'author'),
    named('u-editor', 'editor'),
    { ...named('u-member', 'editor', 'vip'), foreign: true },
    ...random.map(({ base, extra, foreign }, index) => ({ ...named(`u-${index}`, base, ...extra), foreign })),
  ];
  const tokens = new Map(users.map((one) => [one, tokenOf(one, site)]));
  const chief = suite.issuer.tokenFor({ role: 'admin', subject: 'u-chief', site });
  const entries: Entry[] = [];
  const files: string[] = [];
  const held = new Set<string>();
  let seq = 0n;

  async function change(method: string, path: string, body?: unknown, token = chief) {
    const answer = await call(method, `${suite.url}/cms/sites/${site}${path}`, {
      token,
      ...(body !== undefined && { body }),
    });
    if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`);
    const now = BigInt(answer.json?.seq ?? answer.headers.get('gaia-seq') ?? 0);
    if (now > seq) seq = now;
    return answer.json;
  }

  async function upload(): Promise<string> {
    const form = new FormData();
    form.append('file', new Blob([`a file of ${site}`]), 'file.txt');
    const token = tokens.get(uploader);
    const url = `${suite.url}/assets/sites/${site}/files`;
    const { status, json, text } = await call('POST', url, { body: form, ...(token !== undefined && { token }) });
    if (status !== 201) throw new Error(`an upload was answered ${status}: ${text}`);
    return json.id;
  }

  async function create({ by, rule: wanted, rank: value, publish }: Scenario['entries'][number]): Promise<void> {
    const [file, scan] = await Promise.all([upload(), upload()]);
    files.push(file, scan);
    const authors = users.filter((one) => !one.foreign && one !== uploader && /author|editor/.test(one.base ?? ''));
    const author = authors[by % authors.length];
    if (author === undefined) throw new Error('no author');
    const secret = `${SECRET} ${files.length}`;
    const fields = { title: `Heron ${files.length}`, rank: value, secret };
    const { id } = await change('POST', '/entries', { type: 'doc', ...wanted, fields }, tokens.get(author));
    // Only a reader of the files can reference them.
    await change('PATCH', `/entries/${id}`, { fields: { file, scan } });
    const made = { id, file, scan, secret, author: author.subject, rule: wanted, rank: value, publishedRank: 0 };
    entries.push({ ...made, published: false });
    if (publish) await carryOut({ do: 'publish', nth: entries.length - 1 });
  }

  async function carryOut(operation: Operation): Promise<void> {
    if (operation.do === 'grant' || operation.do === 'withdraw') {
      const { subject } = users.filter((one) => one !== anonymous)[operation.nth % (users.length - 1)] ?? anonymous;
      const isGrant = operation.do === 'grant';
      await change(isGrant ? 'PUT' : 'DELETE', `/entitlements/${subject}/${operation.product}`);
      held[isGrant ? 'add' : 'delete'](`${subject} ${operation.product}`);
      return;
    }
    const one = entries[operation.nth % Math.max(1, entries.length)];
    if (one === undefined) return;
    const path = `/entries/${one.id}`;
    switch (operation.do) {
      case 'publish':
        await change('POST', `${path}/publish`);
        one.published = true;
        one.publishedRank = one.rank;
        return;
      case 'unpublish':
        await change('POST', `${path}/unpublish`);
        one.published = false;
        return;
      case 'delete':
        await change('DELETE', path);
        entries.splice(entries.indexOf(one), 1);
        return;
      case 'open':
        await change('PATCH', path, operation.rule);
        one.rule = operation.rule;
        return;
      case 'edit':
        await change('PATCH', path, { fields: { rank: operation.rank } });
        one.rank = operation.rank;
    }
  }

  return { site, users, tokens, entries, files, held, change, create, carryOut, seq: () => seq.toString() };
}
type World = ReturnType<typeof createWorld>;

function tokenOf({ subject, base, roles, foreign }: User, site: string): string | undefined {
  if (base === undefined) return undefined;
  const scope = siteRoles[base].join(' ');
  return suite.issuer.tokenFor({ subject, roles, scope, site: foreign ? ANOTHER_SITE : site });
}

async function checkAllDoors(world: World): Promise<void> {
  const { site, users, tokens, entries, files, held } = world;
  const reader = suite.issuer.tokenFor({ role: 'service', site: null });
  const byFeed = await readFeed(suite.url, site, reader, world.seq());
  const look = { url: suite.url, site, type: 'doc', word: 'heron', files, minSeq: world.seq() };
  const living = new Set(entries.flatMap(({ file, scan }) => [file, scan]));
  for (const user of users) {
    const token = tokens.get(user);
    const seen = entries.filter((entry) => isVisible(entry, user, held));
    const ids = seen.map(({ id }) => id).toSorted();
    const open = [
      ...entries.filter((entry) => isFileReadable(entry, user, held)).map(({ file }) => file),
      ...entries.filter((entry) => isScanReadable(entry, user, held)).map(({ scan }) => scan),
    ];
    // Of deleted entries: editors look after what no entry mentions.
    const left = isEditor(user) || user === uploader ? files.filter((file) => !living.has(file)) : [];
    const expected = {
      rest: ids,
      graphql: ids,
      search: ids,
      searchTotal: ids.length,
      files: [...open, ...left].toSorted(),
      feed: ids,
    };
    const sight = { ...(await lookThroughDoors(look, token)), feed: visibleByFeed(byFeed, user) };
    expect({ user, ...sight }).toEqual({ user, ...expected });
    await checkFilter(world, user, seen);
    await checkSecrets(world, user, seen);
    await checkOne(world, user, entries[0]);
  }
}

/** A filter and a sort look at the copy that the caller sees, in both lists alike. */
async function checkFilter({ site, tokens }: World, user: User, seen: readonly Entry[]): Promise<void> {
  if (user.foreign) return;
  const rankOf = (entry: Entry) => (seesWorkingCopy(user, entry) ? entry.rank : entry.publishedRank);
  const expected = seen
    .filter((entry) => rankOf(entry) >= 2)
    .toSorted((one, other) => rankOf(other) - rankOf(one) || (one.id < other.id ? -1 : 1))
    .map((entry) => [entry.id, rankOf(entry)]);
  const token = tokens.get(user);
  const as = { ...(token !== undefined && { token }) };
  const list = `${suite.url}/cms/sites/${site}/entries?type=doc&filter[rank][gte]=2&sort=-rank&limit=100`;
  const query = `{ doc_list(filter: [{field: "rank", operator: "gte", values: ["2"]}], sort: "-rank", limit: 100) {
    items { id rank } } }`;
  const [rest, graphql] = await Promise.all([
    call('GET', list, as),
    call('POST', `${suite.url}/graphql?site=${site}`, { ...as, body: { query } }),
  ]);
  const byRank = (pairs: [string, number][]) =>
    pairs.toSorted((one, other) => other[1] - one[1] || (one[0] < other[0] ? -1 : 1));
  const items: { id: string; rank: number; fields: { rank: number } }[] = rest.json.items;
  const restPairs = items.map(({ id, fields }): [string, number] => [id, fields.rank]);
  expect(restPairs.map(([, value]) => value)).toEqual(expected.map(([, value]) => value));
  expect(byRank(restPairs)).toEqual(expected);
  const nodes: typeof items = graphql.json.data.doc_list.items;
  expect(nodes.map((node) => [node.id, node.rank])).toEqual(restPairs);
}

/** No door shows a field's value, finds, counts, filters or sorts by it, to who may not read the field. */
async function checkSecrets(world: World, user: User, seen: readonly Entry[]): Promise<void> {
  if (user.foreign) return;
  const { site } = world;
  const token = world.tokens.get(user);
  const as = { ...(token !== undefined && { token }) };
  const list = `${suite.url}/cms/sites/${site}/entries?type=doc&limit=100`;
  const graphql = (query: string) => call('POST', `${suite.url}/graphql?site=${site}`, { ...as, body: { query } });
  const search = (words: string) =>
    callOnceArrived(`${suite.url}/search?site=${site}&q=${words}&limit=50&min_seq=${world.seq()}`, as);
  const [plain, filtered, sorted, fields, queried, byName, bySecret] = await Promise.all([
    call('GET', list, as),
    call('GET', `${list}&filter[secret][contains]=${SECRET}`, as),
    call('GET', `${list}&sort=-secret`, as),
    graphql('{ doc_list(limit: 100) { items { id secret scan { id } } } }'),
    graphql(`{ filtered: doc_list(filter: [{field: "secret", operator: "contains", values: ["${SECRET}"]}]) { items { id } }
      sorted: doc_list(sort: "secret") { items { id } } }`),
    search('heron'),
    search(SECRET),
  ]);
  const mayRead = readsSecrets(user);
  const secrets = (shown: boolean) =>
    seen.map(({ id, secret, scan }) => [id, shown ? secret : undefined, shown ? scan : undefined]).toSorted();
  const items: { id: string; fields: { secret?: string; scan?: string } }[] = plain.json.items;
  expect([user, items.map(({ id, fields: { secret, scan } }) => [id, secret, scan]).toSorted()]).toEqual([
    user,
    secrets(mayRead),
  ]);
  const nodes: { id: string; secret: string | null; scan: { id: string } | null }[] = fields.json.data.doc_list.items;
  expect(nodes.map(({ id, secret, scan }) => [id, secret ?? undefined, scan?.id]).toSorted()).toEqual(secrets(mayRead));
  const refusals = [fields, queried].flatMap(({ json }) => json.errors ?? []);
  const codes = refusals.map(({ extensions }: { extensions: { code: string } }) => extensions.code);
  expect(codes).toEqual(mayRead ? [] : Array(2 * seen.length + 2).fill('field_not_readable'));
  for (const { status, json } of [filtered, sorted]) {
    if (mayRead) expect(json.items.map(({ id }: Entry) => id).toSorted()).toEqual(secrets(true).map(([id]) => id));
    else expect([status, json.code]).toEqual([403, 'field_not_readable']);
  }
  // What only some may read is no part of the index: a hit or a count would tell of it, a snippet would show it.
  expect(bySecret.json).toMatchObject({ items: [], total: 0 });
  expect(byName.text).not.toContain(SECRET);
  if (!mayRead) for (const { text } of [plain, fields, queried]) expect(text).not.toContain(SECRET);
}

/** What a list leaves out cannot be had by its id either. */
async function checkOne({ site, tokens, held }: World, user: User, entry: Entry | undefined): Promise<void> {
  if (entry === undefined) return;
  const token = tokens.get(user);
  const as = { ...(token !== undefined && { token }) };
  const [one, bytes] = await Promise.all([
    call('GET', `${suite.url}/cms/sites/${site}/entries/${entry.id}`, as),
    call('GET', `${suite.url}/assets/${entry.file}`, as),
  ]);
  const closed = user.foreign ? 403 : 404;
  expect([user, one.status]).toEqual([user, isVisible(entry, user, held) ? 200 : closed]);
  const closedFile = token === undefined ? 401 : 404;
  expect([user, bytes.status]).toEqual([user, isFileReadable(entry, user, held) ? 200 : closedFile]);
}

it('REST, GraphQL, search, files and the feed show the same to everybody, and it is what the rules say', async () => {
  const property = fc.asyncProperty(scenario, async (given) => {
    const world = createWorld(given);
    const fields = [
      { name: 'title', type: 'text', required: true },
      { name: 'rank', type: 'number' },
      { name: 'file', type: 'asset' },
      { name: 'secret', type: 'text', readable_by: [SECRETS_ROLE] },
      { name: 'scan', type: 'asset', readable_by: [SECRETS_ROLE] },
    ];
    await world.change('POST', '/types', { name: 'doc', fields });
    for (const id of products) await world.change('POST', '/products', { id, name: id });
    for (const one of given.entries) await world.create(one);
    await checkAllDoors(world);
    for (const batch of given.batches) {
      for (const one of batch) await world.carryOut(one);
      await checkAllDoors(world);
    }
  });
  await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
}, 300_000);
