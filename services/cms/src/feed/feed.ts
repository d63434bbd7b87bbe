import type { CmsDatabase } from '../database.ts';
import { problem } from '../errors.ts';
import type { TypeCache } from '../types/type-cache.ts';
import { type FeedPage, readFeedPage } from './feed-reader.ts';
import type { FeedSignal } from './feed-signal.ts';

export interface FeedDependencies {
  readonly database: CmsDatabase;
  readonly types: TypeCache;
  readonly signal: Pick<FeedSignal, 'wakes' | 'wait'>;
  readonly now: () => number;
}

export interface FeedRequest {
  /** Cursor of the page before; none for the beginning. */
  readonly after: string | undefined;
  /** Longest wait for a first event, in seconds. */
  readonly waitSeconds: number;
  readonly limit: number;
  /** Ends the wait: the caller has gone. */
  readonly end: AbortSignal;
}

export interface Feed {
  /** Throws `invalid_cursor`, `busy`. */
  read(request: FeedRequest): Promise<FeedPage>;
  /** Ends every wait, now and from now on: each answers with what there is. */
  close(): void;
  closed(): boolean;
}

/** Most requests that wait at one time in one process. */
const MAX_WAITING = 100;
/** Poll for what no notification told of: writes of other processes while the listening connection is away. */
const SLOW_POLL_MS = 1_000;
/** First and longest pause before looking again for events that running transactions hold back. */
const HELD_POLL_MS = [4, 250] as const;

export function createFeed({ database, types, signal, now }: FeedDependencies): Feed {
  const open = new Set<AbortController>();
  let closed = false;

  async function readOrWait(request: FeedRequest, over: AbortSignal): Promise<FeedPage> {
    const until = now() + request.waitSeconds * 1_000;
    let heldPause: number = HELD_POLL_MS[0];
    for (;;) {
      const wakes = signal.wakes();
      const page = await readFeedPage(database, types, request.after, request.limit);
      const left = until - now();
      if (page.events.length > 0 || left <= 0 || over.aborted) return page;
      heldPause = page.held ? Math.min(heldPause * 2, HELD_POLL_MS[1]) : HELD_POLL_MS[0];
      await signal.wait(wakes, Math.min(left, page.held ? heldPause : SLOW_POLL_MS), over);
      // The client has left, or the service shuts down.
      if (over.aborted) return page;
    }
  }

  return {
    read: async (request) => {
      if (request.waitSeconds > 0 && open.size >= MAX_WAITING)
        throw problem('busy', { headers: { 'retry-after': '1' } });
      const over = new AbortController();
      const end = () => over.abort();
      open.add(over);
      request.end.addEventListener('abort', end);
      if (closed || request.end.aborted) end();
      try {
        return await readOrWait(request, over.signal);
      } finally {
        open.delete(over);
        request.end.removeEventListener('abort', end);
      }
    },
    closed: () => closed,
    close: () => {
      closed = true;
      for (const one of open) one.abort();
    },
  };
}
