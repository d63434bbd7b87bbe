import { randomBytes } from 'node:crypto';
import { createDeferredAudit } from '@gaia/audit-log/deferred';
import { openDatabase } from '@gaia/database/database';
import { migrate } from '@gaia/database/migrate';
import { createLogger } from '@gaia/http-service/logger';
import type { Service } from '@gaia/http-service/service';
import { readSealingKeys } from '@gaia/sealed-values/sealing-keys';
import { loadSettings } from '@gaia/settings';
import { createMemoryState } from '@gaia/state/memory';
import { testDatabase } from '@gaia/test-servers/postgres';
import { createTestIssuer, type TestIssuer, type TokenRequest } from '@gaia/testing/issuer';
import { createGuard } from '@gaia/token-guard/guard';
import { guardSettings } from '@gaia/token-guard/settings';
import { sql } from 'kysely';
import { Registry } from 'prom-client';
import { expect, vi } from 'vitest';
import { buildApp } from '../src/app.ts';
import type { CmsDatabase, CmsTables } from '../src/database.ts';
import { fillVariants } from '../src/entry-variants/fill.ts';
import { createFeedSignal, type FeedSignal } from '../src/feed/feed-signal.ts';
import { refreshFeed } from '../src/feed/maintenance.ts';
import { migrations, SCHEMA } from '../src/migrations.ts';

export const ASSETS_URL = 'http://assets.test';
export const SEARCH_URL = 'http://search.test';
/** An id that a file could have. */
export const fileId = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** The service assets, in which everybody may read everything, and nothing else. */
const readableAssets: typeof globalThis.fetch = async (input) => {
  const { origin, searchParams } = new URL(String(input));
  if (origin !== ASSETS_URL) throw new TypeError('fetch failed');
  return Response.json({ items: (searchParams.get('ids') ?? '').split(',').map((id) => ({ id })) });
};
export const SITE = 'site-a.localhost';
export const OTHER_SITE = 'site-b.localhost';

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes.
  body: any;
  headers: Record<string, string | string[] | number | undefined>;
}

export interface Call {
  as?: TokenRequest | undefined;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface TestCms {
  readonly app: Service;
  readonly issuer: TestIssuer;
  readonly database: CmsDatabase;
  readonly signal: FeedSignal;
  readonly logged: string[];
  readonly metrics: Registry;
  /** Sends entries of changed types through the feed again and fills their slots, as the service does in the background. */
  refresh(): Promise<void>;
  /** `call('POST /cms/…', { as: editor, body })`; anonymous without `as`. */
  call(route: string, options?: Call): Promise<Answer>;
  close(): Promise<void>;
}

export const member: TokenRequest = { role: 'member', subject: 'u-member' };
export const author: TokenRequest = { role: 'author', subject: 'u-author' };
export const editor: TokenRequest = { role: 'editor', subject: 'u-editor' };
export const admin: TokenRequest = { role: 'admin', subject: 'u-admin' };
export const foreigner: TokenRequest = { role: 'owner', subject: 'u-foreign', site: OTHER_SITE };
export const follower: TokenRequest = { role: 'service' };

/** The service on a database of its own, without its background work. */
export async function startCms(serviceClients: typeof globalThis.fetch = readableAssets): Promise<TestCms> {
  const [issuer, { url }] = await Promise.all([createTestIssuer(), testDatabase('cms')]);
  await migrate({ url, schema: SCHEMA, migrations });
  const database = openDatabase<CmsTables>({ url, schema: SCHEMA, applicationName: 'test', maxConnections: 6 });
  const guard = createGuard(loadSettings(guardSettings, { JWKS_URL: issuer.jwksUrl }), {
    fetch: issuer.fetch,
    now: issuer.now,
    audience: 'cms',
  });
  await guard.ready;
  const state = createMemoryState({ now: issuer.now });
  const signal = createFeedSignal(async () => {});
  const logged: string[] = [];
  const audit = createDeferredAudit({
    database,
    log: { error: (details) => void logged.push(JSON.stringify(details)) },
    now: issuer.now,
  });
  const metrics = new Registry();
  const app = await buildApp(
    { TRUSTED_PROXIES: [], CMS_KEK: readSealingKeys('k'.repeat(43)), ASSETS_URL, SEARCH_URL },
    {
      logger: createLogger({ service: 'cms', level: 'info' }, { write: (line) => void logged.push(line) }),
      metrics,
      database,
      guard,
      signal,
      audit,
      counters: state.counters,
      fetch: serviceClients,
      onTypeChange: () => {},
      now: issuer.now,
      randomBytes,
    },
  );

  async function call(route: string, { as, body, headers }: Call = {}): Promise<Answer> {
    const [method = 'GET', path = '/'] = route.split(/ (.*)/s);
    const response = await app.inject({
      method: method as 'GET',
      url: path.replace('/cms/a/', `/cms/sites/${SITE}/`).replace('/cms/b/', `/cms/sites/${OTHER_SITE}/`),
      headers: { ...(as && issuer.headersFor(as)), ...headers },
      ...(body !== undefined && { payload: body as object }),
    });
    const json = response.body !== '' && String(response.headers['content-type']).includes('json');
    return { status: response.statusCode, body: json ? response.json() : response.body, headers: response.headers };
  }

  return {
    app,
    issuer,
    database,
    signal,
    logged,
    metrics,
    refresh: async () => {
      while (await refreshFeed(database, issuer.now));
      while (await fillVariants(database));
    },
    call,
    close: async () => {
      await app.close();
      await audit.stop();
      await guard.close();
      await database.destroy();
    },
  };
}

export const articleFields = [
  { name: 'title', type: 'text', required: true, max_length: 200 },
  { name: 'slug', type: 'text', unique: true },
  { name: 'body', type: 'richText' },
  { name: 'rating', type: 'number', min: 0, max: 10 },
  { name: 'featured', type: 'boolean', default: false },
  { name: 'held_on', type: 'date' },
  { name: 'topic', type: 'enum', values: ['news', 'tech', 'art'] },
  { name: 'related', type: 'reference' },
  { name: 'picture', type: 'asset' },
  { name: 'tags', type: 'list', of: { type: 'text', max_length: 40 }, max_items: 20 },
  {
    name: 'place',
    type: 'object',
    fields: [
      { name: 'city', type: 'text', required: true },
      { name: 'zip', type: 'text' },
    ],
  },
];

/** Defines the type `article` of site A; gives the answer. */
export async function defineArticle(cms: TestCms, site: 'a' | 'b' = 'a'): Promise<Answer> {
  const as = site === 'a' ? admin : foreigner;
  return cms.call(`POST /cms/${site}/types`, { as, body: { name: 'article', fields: articleFields } });
}

/** Creates an article; published if asked for. Gives its last answer's body. */
export async function createArticle(
  cms: TestCms,
  fields: Record<string, unknown>,
  options: { as?: TokenRequest; visibility?: string; publish?: boolean } = {},
) {
  const { as = editor, visibility = 'public', publish = false } = options;
  const created = await cms.call('POST /cms/a/entries', { as, body: { type: 'article', visibility, fields } });
  if (created.status !== 201) throw new Error(JSON.stringify(created.body));
  if (!publish) return created.body;
  return (await cms.call(`POST /cms/a/entries/${created.body.id}/publish`, { as: editor })).body;
}

/**
 * Events of the feed, with all that has been written. Transactions of other databases of the same server hold the feed
 * back too, so that one look at it may come too early.
 */
export async function feedEvents(cms: TestCms) {
  const { rows } = await sql<{ newest: string }>`
    select coalesce(max(seq), 0)::text as newest from feed_events`.execute(cms.database);
  return vi.waitFor(
    async () => {
      const { body } = await cms.call('GET /cms/feed?limit=500', { as: follower });
      expect(BigInt(body.seq)).toBeGreaterThanOrEqual(BigInt(rows[0]?.newest ?? 0));
      return body.events;
    },
    { timeout: 60_000, interval: 20 },
  );
}
