import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { SearchDatabase } from '../database.ts';
import type { FeedClient } from './feed-client.ts';
import type { FeedPage } from './feed-page.ts';
import { applyPage, beginRebuild, type Progress, readProgress } from './progress.ts';

export interface FollowerOptions {
  readonly database: Kysely<SearchDatabase>;
  readonly feed: FeedClient;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A number in [0, 1), for the jitter. */
  readonly random: () => number;
  readonly log: FollowerLog;
  /** Called after each transaction, with what is applied now. */
  readonly onApplied: (seq: bigint, events: number) => void;
  readonly waitSeconds?: number;
  readonly pageSize?: number;
  /** How often a standing-by process looks whether it is needed. */
  readonly standbyMs?: number;
  readonly backoffMs?: { readonly first: number; readonly longest: number };
}

export interface FollowerLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

export interface FollowerStatus {
  readonly role: 'following' | 'standing_by';
  /** Code of the last failure; undefined while all goes well. */
  readonly failure: string | undefined;
}

export interface Follower {
  status(): FollowerStatus;
  /** Stops after the transaction that is under way, if any. */
  close(): Promise<void>;
}

/** One process of all that share the database and schema follows the feed. */
const LOCK = sql`hashtextextended('gaia search follower ' || current_schema(), 0)`;

/**
 * Follows the feed from where the database says, for as long as it lives. One among all replicas does, by an advisory
 * lock on a connection of its own: when that process dies, PostgreSQL lets go of the lock and another takes over. That two
 * work at once for a moment (a pooler in between, a lost connection) costs work but not correctness: see applyPage.
 * Never throws: failures are waited out for a time that grows up to `backoffMs.longest`.
 */
export function startFollower(options: FollowerOptions): Follower {
  const { database, feed, now, random, log } = options;
  const waitSeconds = options.waitSeconds ?? 20;
  const pageSize = options.pageSize ?? 200;
  const standbyMs = options.standbyMs ?? 1_000;
  const backoff = options.backoffMs ?? { first: 250, longest: 15_000 };
  const closing = new AbortController();
  const { signal } = closing;

  let role: FollowerStatus['role'] = 'standing_by';
  let failure: string | undefined;
  let failuresInARow = 0;
  let limit = pageSize;

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        // Without the lock there is nothing that could fail here.
        if (!(await lead())) failure = undefined;
      } catch (error) {
        failed(error);
      }
      role = 'standing_by';
      await pause(failure === undefined ? standbyMs : delay());
    }
  }

  async function lead(): Promise<boolean> {
    return database.connection().execute(async (connection) => {
      const { rows } = await sql<{ held: boolean }>`select pg_try_advisory_lock(${LOCK}) as held`.execute(connection);
      if (rows[0]?.held !== true) return false;
      role = 'following';
      log.info({}, 'following the feed');
      try {
        await follow(connection);
        return true;
      } finally {
        await sql`select pg_advisory_unlock(${LOCK})`.execute(connection).catch(() => undefined);
      }
    });
  }

  async function follow(connection: Kysely<SearchDatabase>): Promise<void> {
    while (!signal.aborted) {
      const progress = await readProgress(connection);
      const page = await readPage(progress);
      if (page === undefined) continue;
      const reachedEnd = page.seq >= page.head;
      await applyPage(connection, progress, page, { caughtUpAt: reachedEnd ? now() : undefined });
      limit = Math.min(pageSize, limit * 2);
      succeeded();
      options.onApplied(page.seq, page.size);
    }
  }

  /** A page, or undefined after a failure that was dealt with here: the lock is kept while cms or auth is away. */
  async function readPage(progress: Progress): Promise<FeedPage | undefined> {
    try {
      return await feed.read({ after: progress.cursor, waitSeconds, limit, signal });
    } catch (error) {
      if (signal.aborted) return undefined;
      const code = codeOf(error);
      if (code === 'cursor_unknown' && progress.cursor !== '') await rebuild(progress);
      if (code === 'too_large' && limit > 1) limit = Math.max(1, Math.floor(limit / 2));
      failed(error);
      await pause(delay());
      return undefined;
    }
  }

  async function rebuild(progress: Progress): Promise<void> {
    log.warn({ cursor: progress.cursor }, 'the feed does not know the cursor: the index is built anew');
    await beginRebuild(database, progress);
  }

  function failed(error: unknown): void {
    const code = codeOf(error);
    // An outage is told once, not at every attempt.
    if (code !== failure) log.warn({ code, reason: reasonOf(error) }, 'the feed cannot be followed for now');
    failure = code;
    failuresInARow += 1;
  }

  function succeeded(): void {
    if (failure !== undefined) log.info({ attempts: failuresInARow }, 'the feed is followed again');
    failure = undefined;
    failuresInARow = 0;
  }

  function delay(): number {
    const grown = backoff.first * 2 ** Math.min(failuresInARow - 1, 16);
    return Math.min(backoff.longest, grown) * (0.75 + 0.5 * random());
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const timer = setTimeout(done, ms);
      function done(): void {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      }
      signal.addEventListener('abort', done);
    });
  }

  const running = run();
  return {
    status: () => ({ role, failure }),
    close: async () => {
      closing.abort();
      await running;
    },
  };
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : 'failed';
}

/** The innermost message: fetch hides the reason in causes. */
function reasonOf(error: unknown): string {
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  return inner instanceof Error ? inner.message.slice(0, 200) : 'unknown';
}
