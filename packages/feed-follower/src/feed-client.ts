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
  /** One page of the feed. Throws FeedError, or the credentials' error. */
  read(request: FeedRequest): Promise<FeedPage>;
}

export interface FeedClientOptions {
  readonly cmsUrl: string;
  readonly credentials: ServiceCredentials;
  readonly fetch: typeof globalThis.fetch;
}

/** Beyond the wait that was asked for. */
const ANSWER_TIMEOUT_MS = 10_000;
const MAX_PAGE_BYTES = 64 * 1024 * 1024;

/** Reads the change feed of cms over HTTP with this service's own token. */
export function createFeedClient({ cmsUrl, credentials, fetch }: FeedClientOptions): FeedClient {
  async function request({ after, waitSeconds, limit, signal }: FeedRequest, accessToken: string): Promise<Response> {
    const query = new URLSearchParams({ wait: String(waitSeconds), limit: String(limit), ...(after && { after }) });
    try {
      return await fetch(`${cmsUrl}/cms/feed?${query}`, {
        headers: { authorization: `Bearer ${accessToken}`, accept: 'application/json' },
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(waitSeconds * 1_000 + ANSWER_TIMEOUT_MS)]),
      });
    } catch (error) {
      throw new FeedError('unreachable', 'cms does not answer', error);
    }
  }

  return {
    async read(page) {
      const accessToken = await credentials.accessToken();
      const response = await request(page, accessToken);
      const body = await boundedBody(response);
      if (response.status === 200) return readFeedPage(parsed(body));
      if (response.status === 401 || response.status === 403) {
        credentials.discard(accessToken);
        throw new FeedError('unauthorized', `cms answered ${response.status}`);
      }
      if (response.status === 400 && codeOf(body) === 'invalid_cursor') {
        throw new FeedError('cursor_unknown', 'cms cannot continue from the cursor');
      }
      throw new FeedError('unreachable', `cms answered ${response.status}`);
    },
  };
}

async function boundedBody(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body ?? []) {
      size += chunk.byteLength;
      if (size > MAX_PAGE_BYTES) throw new FeedError('too_large', 'the page of the feed is too large');
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof FeedError) throw error;
    throw new FeedError('unreachable', 'the answer of cms broke off', error);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new FeedError('malformed', "the feed's answer is not JSON");
  }
}

function codeOf(body: string): unknown {
  try {
    return (JSON.parse(body) as { code?: unknown } | null)?.code;
  } catch {
    return undefined;
  }
}
