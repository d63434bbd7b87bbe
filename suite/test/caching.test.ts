import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { login, runSuiteWithKnownKeys, type SuiteWithKnownKeys, site } from './known-keys.ts';
import { createPerson, type Page } from './person.ts';
import { call, password } from './running-suite.ts';

/**
 * Every GET of the suite, read through the gateway by readers who may see more or less: what a cache may keep says on
 * what it depends, and nobody is told that an answer to somebody else is theirs.
 */

interface Reader {
  readonly name: string;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Page>;
}

/** Answers to one path, by reader. */
type Answers = ReadonlyMap<Reader, Page>;

/** What caches may keep, and how; all else is for none. */
const kept: Readonly<Record<string, string>> = {
  '/.well-known/jwks.json': 'public, max-age=300, stale-if-error=86400',
  '/.well-known/oauth-authorization-server': 'public, max-age=3600',
  '/.well-known/openid-configuration': 'public, max-age=3600',
  '/assets/{id}': 'private, no-cache',
  '/assets/{id} public': 'public, max-age=60, must-revalidate',
  '/assets/{id}/metadata': 'private, no-cache',
  '/cms/sites/{site}/entries': 'private, no-cache',
  '/cms/sites/{site}/entries/{id}': 'private, no-cache',
  '/cms/sites/{site}/entries/{id}/references': 'private, no-cache',
  '/cms/sites/{site}/types/{type}': 'private, no-cache',
  '/docs/openapi.json': 'no-cache',
};
const withValidator = [
  '/.well-known/jwks.json',
  '/assets/{id}',
  '/assets/{id} public',
  '/assets/{id}/metadata',
  '/cms/sites/{site}/entries/{id}',
  '/cms/sites/{site}/types/{type}',
];
/** Files and what is made of them; their bytes change at a known time. */
const withTime = ['/assets/{id}', '/assets/{id} public'];
/** No files are moved, no variant is made of what is no image, and the visitors are signed in by other means. */
const withoutAnswer = ['/assets/moves', '/assets/{id}/{hash}/{name}', '/auth/sites/{site}/members/{user}'];
const pages = ['/', '/sign-in', '/account', '/forgot', '/register', '/sso', '/live', '/ready', '/docs/openapi.json'];

let suite: SuiteWithKnownKeys;
let readers: readonly Reader[];
/** By path of the API. */
const read = new Map<string, Answers>();
/** Paths that answer by the bearer token. */
let guarded: ReadonlySet<string>;

beforeAll(async () => {
  suite = await runSuiteWithKnownKeys();
  const { access, user } = await login(suite.url);
  const made = await makeContent(access);
  readers = await makeReaders();
  const { paths } = (await call('GET', `${suite.url}/docs/openapi.json`)).json;
  const described = Object.entries<Record<string, { security?: object[] }>>(paths).filter(([, { get }]) => get);
  guarded = new Set(
    described.filter(([, { get }]) => get?.security?.some((scheme) => 'bearer' in scheme)).map(([path]) => path),
  );
  const targets = new Map<string, string>(pages.map((path) => [path, path]));
  for (const [path] of described) targets.set(path, targetOf(path, { ...made, user }));
  targets.set('/assets/{id} public', `/assets/${made.publicFile}`);
  for (const [path, target] of targets) {
    read.set(path, new Map(await Promise.all(readers.map(async (one) => [one, await one.get(target)] as const))));
  }
}, 120_000);
afterAll(() => suite?.stop());

async function makeContent(token: string) {
  const make = async (path: string, body: unknown, method = 'POST') => {
    const answer = await call(method, `${suite.url}${path}`, { token, body });
    expect([path, answer.status, answer.text]).toEqual([path, expect.toBeOneOf([200, 201]), expect.anything()]);
    return answer.json;
  };
  const upload = async (visibility: string) => {
    const form = new FormData();
    form.append('visibility', visibility);
    form.append('file', new Blob([`a file of ${visibility}`]), 'file.txt');
    return (await make(`/assets/sites/${site}/files`, form)).id as string;
  };
  await make(`/auth/sites/${site}`, { registration: 'open' }, 'PATCH');
  const content = `/cms/sites/${site}`;
  await make(`${content}/types`, {
    name: 'release',
    fields: [
      { name: 'title', type: 'text' },
      { name: 'notes', type: 'text', readable_by: ['editor'] },
    ],
  });
  const fields = { title: 'Heron', notes: 'for editors' };
  const entry = await make(`${content}/entries`, { type: 'release', fields });
  await make(`${content}/entries/${entry.id}/publish`, undefined);
  await make(`${content}/products`, { id: 'course', name: 'Course' });
  const webhook = await make(`${content}/webhooks`, { name: 'payments' });
  await make('/auth/clients', { id: 'reader', scopes: ['content:read'] });
  return {
    entry: entry.id as string,
    file: await upload('members'),
    publicFile: await upload('public'),
    webhook: webhook.id as string,
  };
}

async function makeReaders(): Promise<Reader[]> {
  const origin = `http://${site}:${suite.port}`;
  const withHeaders = (name: string, own: Readonly<Record<string, string>>, person = createPerson()): Reader => ({
    name,
    get: (path, headers) => person.send('GET', `${origin}${path}`, { accept: 'application/json', ...own, ...headers }),
  });
  const withToken = (name: string, request: Parameters<typeof suite.issuer.tokenFor>[0]) =>
    withHeaders(name, { authorization: `Bearer ${suite.issuer.tokenFor(request)}` });
  const person = createPerson();
  const credentials = JSON.stringify({ email: 'admin@localhost', password });
  const signedIn = await person.send(
    'POST',
    `${origin}/session`,
    { 'content-type': 'application/json', origin },
    credentials,
  );
  expect(signedIn.status).toBe(200);
  return [
    withHeaders('anonymous', {}),
    withToken('member', { role: 'member' }),
    withToken('editor', { role: 'editor' }),
    withToken('owner', { role: 'owner' }),
    withToken('administrator', { role: 'administrator', site: null }),
    withToken('service', { role: 'service' }),
    withToken('exporter', { scope: 'account:export', site: null }),
    withHeaders('session', {}, person),
  ];
}

function targetOf(path: string, made: Readonly<Record<'entry' | 'file' | 'webhook' | 'user', string>>): string {
  const values: Readonly<Record<string, string>> = {
    site,
    id: path.startsWith('/assets/') ? made.file : made.entry,
    type: 'release',
    product: 'course',
    webhook: made.webhook,
    user: made.user,
    client: 'reader',
    host: site,
  };
  const queries: Readonly<Record<string, string>> = {
    '/search': `?q=heron&site=${site}`,
    '/assets/sites/{site}/metadata': `?ids=${made.file}`,
    '/cms/sites/{site}/entries/{id}/access': '?as=anonymous',
  };
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(values[name] ?? `no-${name}-in-this-test`));
  return filled + (queries[path] ?? '');
}

const all = (): [path: string, reader: Reader, page: Page][] =>
  [...read].flatMap(([path, answers]) =>
    [...answers].map(([reader, page]): [string, Reader, Page] => [path, reader, page]),
  );
const namesIn = (header: string | undefined) => (header ?? '').split(/[, ]+/).filter((name) => name !== '');
const labelled = (found: readonly [string, Reader, Page][]) =>
  found.map(
    ([path, { name }, { status, headers }]) => `${path} ${name} ${status} ${headers['cache-control']} ${headers.vary}`,
  );

describe('every GET of the suite', () => {
  it('has been read by at least one caller', () => {
    const unread = [...read].filter(([, answers]) => ![...answers.values()].some(({ status }) => status < 400));
    expect(unread.map(([path]) => path)).toEqual(withoutAnswer);
  });

  it('says how it may be kept', () => {
    const allowed = new Map<string, Set<string | undefined>>();
    for (const [path, , { status, headers }] of all()) {
      const { 'cache-control': caching } = headers;
      if (status >= 400) expect([path, caching]).toEqual([path, 'no-store']);
      else if (!caching?.includes('no-store')) allowed.set(path, (allowed.get(path) ?? new Set()).add(caching));
    }
    const seen = Object.fromEntries([...allowed].map(([path, ways]) => [path, [...ways].join(' | ')]));
    expect(seen).toEqual(kept);
  });

  it('names the credentials that it depends on', () => {
    const depends = (path: string, { headers }: Page) =>
      guarded.has(path) || headers['cache-control']?.includes('private') === true;
    const silent = all().filter(
      ([path, , page]) =>
        depends(path, page) && !['authorization', 'cookie'].every((name) => namesIn(page.headers.vary).includes(name)),
    );
    expect(labelled(silent)).toEqual([]);
    for (const path of ['/session', '/sign-in', '/account', '/forgot', '/register', '/sso']) {
      for (const page of read.get(path)?.values() ?? []) expect(namesIn(page.headers.vary)).toContain('cookie');
    }
  });

  it('is the same to everybody where it is public', () => {
    const open = [...read].filter(([, answers]) => [...answers.values()].some(isPublic));
    expect(open.length).toBeGreaterThan(0);
    for (const [path, answers] of open) {
      expect([path, new Set([...answers.values()].map(({ status, text }) => `${status} ${text}`)).size]).toEqual([
        path,
        1,
      ]);
    }
  });

  it('has one validator for what is the same, and another for what differs', () => {
    const tagged = new Set<string>();
    for (const [path, answers] of read) {
      const found = [...answers.values()].filter(({ status, headers }) => status === 200 && headers.etag !== undefined);
      if (found.length > 0) tagged.add(path);
      const bodies = new Set(found.map(({ text }) => text));
      const tags = new Set(found.map(({ headers }) => headers.etag));
      const pairs = new Set(found.map(({ text, headers }) => `${headers.etag} ${text}`));
      expect([path, tags.size, pairs.size]).toEqual([path, bodies.size, bodies.size]);
      for (const { status, headers } of answers.values()) {
        expect(headers['last-modified'] !== undefined).toBe(withTime.includes(path) && status < 400);
      }
    }
    expect([...tagged].sort()).toEqual(withValidator);
    const views = read.get('/cms/sites/{site}/entries/{id}')?.values() ?? [];
    expect(new Set([...views].map(({ headers }) => headers.etag).filter(Boolean)).size).toBe(2);
  });
});

it('is not modified for those alone who were given the same', async () => {
  for (const [path, answers] of read) {
    const known = [...answers].filter(([, { status, headers }]) => status === 200 && headers.etag !== undefined);
    for (const [reader, before] of known) {
      const target = new URL(before.url);
      for (const tag of new Set(known.map(([, { headers }]) => String(headers.etag)))) {
        const { status, headers } = await reader.get(target.pathname + target.search, { 'if-none-match': tag });
        expect([path, reader.name, tag, status]).toEqual([
          path,
          reader.name,
          tag,
          tag === before.headers.etag ? 304 : 200,
        ]);
        const { etag, vary, 'cache-control': caching } = before.headers;
        expect(headers).toMatchObject({ etag, 'cache-control': caching, ...(vary && { vary }) });
      }
    }
  }
}, 60_000);

function isPublic({ headers }: Page): boolean {
  return headers['cache-control']?.includes('public') ?? false;
}
