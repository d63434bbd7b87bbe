import { type Fetch, fetchJson } from '@gaia/http-client/bounded-fetch';
import type { ServiceCredentials } from '@gaia/service-credentials';
import { FeedError } from './feed-error.ts';
import { type FeedPage, readFeedPage } from './feed-page.ts';

interface FeedRequest {
  /** Empty: from the beginning. */
  readonly after: string;
  /** Longest wait for an event, in seconds. */
  readonly waitSeconds: number;
  readonly limit: number;
  readonly signal: AbortSignal;
}

export interface FeedClient {
  /** One page of the feed. Throws FeedError, FetchError, or the credentials' error. */
  read(request: FeedRequest): Promise<FeedPage>;
}

export interface FeedClientOptions {
  readonly cmsUrl: string;
  readonly credentials: ServiceCredentials;
  readonly fetch: Fetch;
}

/** Beyond the wait that was asked for. */
const RESPONSE_TIMEOUT_MS = 10_000;
const MAX_PAGE_BYTES = 64 * 1024 * 1024;

/** Reads the change feed of cms over HTTP with this service's own token. */
export function createFeedClient({ cmsUrl, credentials, fetch }: FeedClientOptions): FeedClient {
  return {
    async read({ after, waitSeconds, limit, signal }) {
      const accessToken = await credentials.accessToken();
      const query = new URLSearchParams({ wait: String(waitSeconds), limit: String(limit), ...(after && { after }) });
      const { status, body } = await fetchJson(`${cmsUrl}/cms/feed?${query}`, {
        fetch,
        headers: { authorization: `Bearer ${accessToken}` },
        signal,
        timeoutMs: waitSeconds * 1_000 + RESPONSE_TIMEOUT_MS,
        maxBytes: MAX_PAGE_BYTES,
      });
      if (status === 200) return readFeedPage(body);
      if (status === 401 || status === 403) {
        credentials.discard(accessToken);
        throw new FeedError('unauthorized', `cms answered ${status}`);
      }
      if (status === 400 && (body as { code?: unknown } | null)?.code === 'invalid_cursor') {
        throw new FeedError('cursor_unknown', 'cms cannot continue from the cursor');
      }
      throw new FeedError('unreachable', `cms answered ${status}`);
    },
  };
}
