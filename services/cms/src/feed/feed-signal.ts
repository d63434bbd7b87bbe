import { setTimeout as pause } from 'node:timers/promises';

/** Tells that the feed may have something new: to waiters of this process at once, to those of others by `notify`. */
export interface FeedSignal {
  /** After a commit: wakes everybody. Many calls in a row make few notifications. */
  changed(): void;
  /** Wakes the waiters of this process. */
  wake(): void;
  /** Counts the wakes. To be read before one looks, so that no wake falls between looking and waiting. */
  wakes(): number;
  /** Resolves as soon as there is a wake after number `since`, after `ms`, or when `end` is aborted; never rejects. */
  wait(since: number, ms: number, end: AbortSignal): Promise<void>;
  /** Resolves when no notification is under way any more. */
  settled(): Promise<void>;
}

/**
 * `notify` sends to the other processes. It is called outside of the changes' transactions, because PostgreSQL lets
 * transactions that notify commit only one after the other; a notification that is lost costs one slow poll.
 * The first goes out at once; while changes keep coming, one in `pauseMs` milliseconds tells of all of them.
 */
export function createFeedSignal(notify: () => Promise<void>, pauseMs = 5): FeedSignal {
  const waiters = new Set<() => void>();
  let count = 0;
  let again = false;
  let sending: Promise<void> | undefined;

  function wake(): void {
    count += 1;
    for (const waiter of [...waiters]) waiter();
  }

  async function send(): Promise<void> {
    do {
      again = false;
      await notify().catch(() => {});
      await pause(pauseMs);
    } while (again);
    sending = undefined;
  }

  return {
    changed: () => {
      wake();
      if (sending === undefined) sending = send();
      else again = true;
    },
    wake,
    wakes: () => count,
    wait: (since, ms, end) =>
      new Promise((resolve) => {
        const done = () => {
          clearTimeout(timer);
          waiters.delete(done);
          end.removeEventListener('abort', done);
          resolve();
        };
        const timer = setTimeout(done, ms);
        waiters.add(done);
        end.addEventListener('abort', done);
        if (end.aborted || count !== since) done();
      }),
    settled: async () => {
      await sending;
    },
  };
}
