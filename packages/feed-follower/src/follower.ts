import { reasonOf } from '@gaia/http-client/fetch-error';
import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { FeedConsumer } from './consumer.ts';
import type { FeedClient } from './feed-client.ts';
import type { FeedPage } from './feed-page.ts';
import { applyPage, beginRebuild, Overtaken, type Progress, readProgress } from './progress.ts';

export interface FollowerOptions<DB> {
  /** Whose schema has the tables of createFeedTables. */
  readonly database: Kysely<DB>;
  readonly consumer: FeedConsumer<DB>;
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
  /**
   * Begins anew at the beginning of the feed; false if that is under way already. Where another process follows the
   * feed, it notices with its next page.
   */
  rebuild(): Promise<boolean>;
  /** Stops after the transaction that is under way, if any. */
  close(): Promise<void>;
}

/** Events after which the tables are looked after for the first time. */
const FIRST_UPKEEP = 1_000;

/** One process of all that share the database and schema follows the feed. */
const LOCK = sql`hashtextextended('gaia feed follower ' || current_schema(), 0)`;

/**
 * Follows the feed from where the database says, for as long as it lives. One among all replicas does, by an advisory
 * lock on a connection of its own: when that process dies, PostgreSQL lets go of the lock and another takes over. That two
 * work at once for a moment (a pooler in between, a lost connection) costs work but not correctness: see applyPage.
 * Never throws: failures are waited out for a time that grows up to `backoffMs.longest`.
 */
export function startFollower<DB>(options: FollowerOptions<DB>): Follower {
  const { database, consumer, feed, now, random, log } = options;
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
  let interruption = new AbortController();

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        // Only the holder of the lock can fail here.
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

  async function follow(connection: Kysely<DB>): Promise<void> {
    // A waiter without a known position gets the current one at once.
    let wait = 0;
    let written = 0;
    let upkeepAt = FIRST_UPKEEP;
    while (!signal.aborted) {
      // Taken before the cursor is read, so that a rebuild that begins in between interrupts, too.
      const { signal: interrupted } = interruption;
      const progress = await readProgress(connection);
      const page = await readPage(progress, interrupted, wait);
      const done = page !== undefined && (await applied(connection, progress, page));
      wait = done ? waitSeconds : 0;
      if (!done) continue;
      limit = Math.min(pageSize, limit * 2);
      succeeded();
      options.onApplied(page.seq, page.size);
      written += page.size;
      const arrived = page.seq >= page.head && (progress.rebuilding || progress.caughtUpAt === undefined);
      if (written >= upkeepAt || arrived) {
        await consumer.maintenance?.(connection);
        upkeepAt = Math.max(FIRST_UPKEEP, written * 2);
      }
    }
  }

  /** False if the cursor was moved in the meantime: a rebuild was begun, or another process follows, too. */
  async function applied(connection: Kysely<DB>, progress: Progress, page: FeedPage): Promise<boolean> {
    try {
      await applyPage(connection, progress, page, { consumer, at: now() });
      return true;
    } catch (error) {
      if (error instanceof Overtaken) return false;
      throw error;
    }
  }

  /** A page, or undefined after a failure that was dealt with here: the lock is kept while cms or auth is away. */
  async function readPage(progress: Progress, interrupted: AbortSignal, wait: number): Promise<FeedPage | undefined> {
    try {
      const either = AbortSignal.any([signal, interrupted]);
      return await feed.read({ after: progress.cursor, waitSeconds: wait, limit, signal: either });
    } catch (error) {
      if (signal.aborted || interrupted.aborted) return undefined;
      const code = codeOf(error);
      if (code === 'cursor_unknown' && progress.cursor !== '') await startOver(progress);
      if (code === 'too_large' && limit > 1) limit = Math.max(1, Math.floor(limit / 2));
      failed(error);
      await pause(delay());
      return undefined;
    }
  }

  async function startOver(progress: Progress): Promise<void> {
    log.warn({ cursor: progress.cursor }, 'the feed does not know the cursor: it is followed from its beginning again');
    await beginRebuild(database, { consumer, at: now(), from: progress });
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
    rebuild: async () => {
      const begun = await beginRebuild(database, { consumer, at: now() });
      // The page that is being waited for belongs to the old place in the feed.
      interruption.abort();
      interruption = new AbortController();
      return begun;
    },
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
