import { createLogger } from '@gaia/http-service/logger';
import type { Service } from '@gaia/http-service/service';
import { createMemoryState } from '@gaia/state/memory';
import { testDatabase } from '@gaia/test-servers/postgres';
import { type FeedServer, startFeedServer } from '@gaia/testing/feed-server';
import { createTestIssuer, type TestIssuer, type TokenRequest } from '@gaia/testing/issuer';
import { onTestFinished } from 'vitest';
import { loadConfig } from '../src/config.ts';
import { start } from '../src/start.ts';

export interface SearchResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly code: string | undefined;
  readonly ids: readonly string[];
  // biome-ignore lint/suspicious/noExplicitAny: bodies of answers are looked into member by member
  readonly body: any;
}

export interface SearchService {
  readonly app: Service;
  readonly feed: FeedServer;
  readonly issuer: TestIssuer;
  readonly databaseUrl: string;
  readonly logs: string[];
  /** `GET /search` of site-a.localhost; null: without a token. */
  search(query: Readonly<Record<string, string>>, as?: TokenRequest | null): Promise<SearchResponse>;
  /** Another process on the same database and feed. */
  replica(): Promise<SearchService>;
  close(): Promise<void>;
}

interface Parts {
  readonly feed?: FeedServer;
  readonly issuer?: TestIssuer;
  readonly databaseUrl?: string;
}

export const MEMBER: TokenRequest = { role: 'member', subject: 'reader' };
export const EDITOR: TokenRequest = { role: 'editor', subject: 'editor' };

/** The whole service on a database of its own, following a feed server. Ends with the test, or when it is closed. */
export async function startSearch(parts: Parts = {}): Promise<SearchService> {
  const feed = parts.feed ?? (await startFeedServer());
  const issuer = parts.issuer ?? (await createTestIssuer());
  const databaseUrl = parts.databaseUrl ?? (await testDatabase('search')).url;
  const logs: string[] = [];
  const config = loadConfig({
    DATABASE_URL: databaseUrl,
    AUTH_URL: feed.url,
    CMS_URL: feed.url,
    JWKS_URL: issuer.jwksUrl,
    SERVICE_CLIENT_SECRET: 'a-secret-of-the-search-service',
  });
  const logger = createLogger({ service: 'search', level: 'info' }, { write: (line: string) => void logs.push(line) });
  const state = createMemoryState({ now: issuer.now });
  const app = await start(config, { logger, state, now: issuer.now, fetch: issuer.fetchOr(fetch) });
  let open = true;
  const close = async () => {
    if (!open) return;
    open = false;
    await app.close();
    if (parts.feed === undefined) await feed.close();
  };
  try {
    onTestFinished(close);
  } catch {
    // Not within a test: a file that shares one service closes it itself.
  }
  return {
    app,
    feed,
    issuer,
    databaseUrl,
    logs,
    close,
    replica: () => startSearch({ feed, issuer, databaseUrl }),
    search: async (query, as = null) => {
      const answer = await app.inject({
        url: '/search',
        query: { site: 'site-a.localhost', ...query },
        headers: as === null ? {} : issuer.headersFor(as),
      });
      const body = answer.json();
      return {
        status: answer.statusCode,
        headers: answer.headers,
        code: body.code,
        ids: (body.items ?? []).map((item: { id: string }) => item.id),
        body,
      };
    },
  };
}
