import { problem } from '@gaia/http-service/problem';

/** Lets a bounded number of pieces of work run at a time. */
export interface ConcurrencyLimiter {
  /** Runs the work when its turn comes. Throws `unavailable` (503 with Retry-After) if the queue is full or too slow. */
  run<T>(work: () => Promise<T>): Promise<T>;
  running(): number;
  waiting(): number;
}

export interface ConcurrencyLimiterOptions {
  /** Pieces of work at a time. */
  readonly concurrency: number;
  readonly maxWaiting: number;
  /** Longest wait for a turn, in milliseconds. */
  readonly deadlineMs: number;
}

interface Waiter {
  admit(): void;
  readonly timer: NodeJS.Timeout;
}

/**
 * First come, first served. More hashes than cores at a time would only make all of them slow, and an unbounded queue
 * would let a flood of logins take every later caller's time.
 */
export function createConcurrencyLimiter({
  concurrency,
  maxWaiting,
  deadlineMs,
}: ConcurrencyLimiterOptions): ConcurrencyLimiter {
  const queue = new Set<Waiter>();
  let running = 0;

  function turn(): Promise<void> {
    if (running < concurrency) {
      running += 1;
      return Promise.resolve();
    }
    if (queue.size >= maxWaiting) return Promise.reject(overloaded());
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        admit: resolve,
        timer: setTimeout(() => {
          queue.delete(waiter);
          reject(overloaded());
        }, deadlineMs),
      };
      queue.add(waiter);
    });
  }

  /** The place goes straight to the next in the queue, so that no newcomer slips in between. */
  function leave(): void {
    const [next] = queue;
    if (next === undefined) {
      running -= 1;
      return;
    }
    queue.delete(next);
    clearTimeout(next.timer);
    next.admit();
  }

  return {
    run: async (work) => {
      await turn();
      try {
        return await work();
      } finally {
        leave();
      }
    },
    running: () => running,
    waiting: () => queue.size,
  };
}

function overloaded() {
  return problem('unavailable', { detail: 'Too many logins at this moment.', headers: { 'retry-after': '1' } });
}
