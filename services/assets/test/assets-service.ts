import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@gaia/http-service/logger';
import type { Service } from '@gaia/http-service/service';
import { createMemoryState } from '@gaia/state/memory';
import type { State } from '@gaia/state/state';
import { testDatabase } from '@gaia/test-servers/postgres';
import { type FeedServer, startFeedServer } from '@gaia/testing/feed-server';
import { createTestIssuer, type TestIssuer, type TokenRequest } from '@gaia/testing/issuer';
import { expect, onTestFinished } from 'vitest';
import { loadConfig } from '../src/config.ts';
import { start } from '../src/start.ts';
import { type FormPart, formOf, formType } from './form.ts';

export const AUTHOR: TokenRequest = { role: 'author', subject: 'ann' };
export const MEMBER: TokenRequest = { role: 'member', subject: 'reader' };
export const EDITOR: TokenRequest = { role: 'editor', subject: 'editor' };
export const LINK_KEYS = 'k1:the-first-secret-of-32-characters-or-more';

export interface AssetsService {
  readonly app: Service;
  readonly issuer: TestIssuer;
  /** What the service follows. */
  readonly feed: FeedServer;
  readonly state: State;
  readonly databaseUrl: string;
  readonly directory: string;
  readonly logs: string[];
  /** Uploads to site-a.localhost. */
  upload(parts: readonly FormPart[], as?: TokenRequest): ReturnType<Service['inject']>;
  /** Uploads one text file; gives its id. */
  textFile(content: string, more?: { visibility?: string; as?: TokenRequest; name?: string }): Promise<string>;
  /** Names of files in the store: those being received, and those kept. */
  onDisk(): { incoming: string[]; kept: string[] };
  close(): Promise<void>;
}

/** The whole service on a database and a directory of its own. Ends with the test, or when it is closed. */
export async function startAssets(
  env: Readonly<Record<string, string>> = {},
  parts: { readonly feed?: FeedServer; readonly state?: State } = {},
): Promise<AssetsService> {
  const issuer = await createTestIssuer();
  const feed = parts.feed ?? (await startFeedServer());
  const databaseUrl = env.DATABASE_URL ?? (await testDatabase('assets')).url;
  const directory = env.ASSETS_DIR ?? mkdtempSync(join(tmpdir(), 'gaia-assets-'));
  const logs: string[] = [];
  const config = loadConfig({
    DATABASE_URL: databaseUrl,
    ASSETS_DIR: directory,
    ASSETS_LINK_KEYS: LINK_KEYS,
    ASSETS_MAX_BYTES: '100000',
    JWKS_URL: issuer.jwksUrl,
    AUTH_URL: feed.url,
    CMS_URL: feed.url,
    SERVICE_CLIENT_SECRET: 'a-secret-of-the-assets-service',
    ...env,
  });
  const logger = createLogger({ service: 'assets', level: 'info' }, { write: (line: string) => void logs.push(line) });
  const state = parts.state ?? createMemoryState({ now: issuer.now });
  const app = await start(config, { logger, state, now: issuer.now, fetch: issuer.fetchOr(fetch) });
  let open = true;
  const close = async () => {
    if (!open) return;
    open = false;
    await app.close();
    if (parts.feed === undefined) await feed.close();
    if (env.ASSETS_DIR === undefined) rmSync(directory, { recursive: true, force: true });
  };
  try {
    onTestFinished(close);
  } catch {
    // Not within a test: a file that shares one service closes it itself.
  }

  const upload: AssetsService['upload'] = (parts, as = AUTHOR) =>
    app.inject({
      method: 'POST',
      url: '/assets/sites/site-a.localhost/files',
      headers: { ...issuer.headersFor(as), ...formType },
      payload: formOf(...parts),
    }) as ReturnType<Service['inject']>;

  return {
    app,
    issuer,
    feed,
    state,
    databaseUrl,
    directory,
    logs,
    close,
    upload,
    textFile: async (content, { visibility = 'members', as = AUTHOR, name = 'a.txt' } = {}) => {
      const answer = await upload(
        [
          { name: 'visibility', content: visibility },
          { name: 'file', content, fileName: name, type: 'text/plain' },
        ],
        as,
      );
      expect(answer.statusCode, answer.body).toBe(201);
      return answer.json().id;
    },
    onDisk: () => ({
      incoming: readdirSync(join(directory, 'incoming')),
      kept: readdirSync(join(directory, 'files'), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => entry.name),
    }),
  };
}
