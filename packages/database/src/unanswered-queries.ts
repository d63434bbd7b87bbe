/** Gives up queries whose answer does not come. */
export interface Watch {
  /**
   * Begins to wait; call the result when the wait is over, with whether it was the server that ended it: a connection that
   * breaks says nothing of it. `giveUp` is called at most once.
   */
  start(giveUp: () => void): (heard: boolean) => void;
  /** Gives up all that waits now. */
  giveUpAll(): void;
  /** Answers of the server so far, its refusals included. */
  answers(): number;
  /** For how long the oldest query has been waiting, in milliseconds; 0: there is none. */
  longestWait(): number;
  close(): void;
}

const nothing = (): void => {};

/**
 * The server ends slow statements itself (statement_timeout), but where the network swallows its answer, or the machine
 * is gone, nobody says so. One timer looks at all queries: one each would cost more than it watches.
 * `timeoutMs` 0: never. A query is given up within a quarter of the time more.
 */
export function watchQueries(timeoutMs: number, now: () => number): Watch {
  if (timeoutMs === 0) {
    return { start: () => nothing, giveUpAll: nothing, answers: () => 0, longestWait: () => 0, close: nothing };
  }
  // In the order in which they began.
  const waiting = new Set<{ readonly since: number; readonly giveUp: () => void }>();
  let answers = 0;
  const giveUpBefore = (oldest: number): void => {
    for (const query of waiting) {
      if (query.since > oldest) return;
      waiting.delete(query);
      query.giveUp();
    }
  };
  const timer = setInterval(() => giveUpBefore(now() - timeoutMs), timeoutMs / 4);
  timer.unref();
  return {
    start: (giveUp) => {
      const query = { since: now(), giveUp };
      waiting.add(query);
      return (heard) => {
        if (waiting.delete(query) && heard) answers += 1;
      };
    },
    giveUpAll: () => giveUpBefore(now()),
    answers: () => answers,
    longestWait: () => {
      for (const { since } of waiting) return now() - since;
      return 0;
    },
    close: () => clearInterval(timer),
  };
}
