export interface QueryTimeoutTracker {
  /**
   * Call the result when the query ends, with whether the server responded (a broken connection is no response). `timeOut` is
   * called at most once.
   */
  start(timeOut: () => void): (responded: boolean) => void;
  timeOutAll(): void;
  /** Number of responses of the server, errors included. */
  responses(): number;
  /** Milliseconds that the oldest query has waited; 0 without queries. */
  longestWait(): number;
  close(): void;
}

const nothing = (): void => {};

/**
 * The server ends slow statements itself (statement_timeout). This is for responses that the network loses. One timer checks all
 * queries, because a timer each would cost more than the query. `timeoutMs` 0: never. A query times out within a quarter of
 * the time more.
 */
export function trackQueryTimeouts(timeoutMs: number, now: () => number): QueryTimeoutTracker {
  if (timeoutMs === 0) {
    return { start: () => nothing, timeOutAll: nothing, responses: () => 0, longestWait: () => 0, close: nothing };
  }
  // Oldest first.
  const waiting = new Set<{ readonly since: number; readonly timeOut: () => void }>();
  let responses = 0;
  const timeOutBefore = (oldest: number): void => {
    for (const query of waiting) {
      if (query.since > oldest) return;
      waiting.delete(query);
      query.timeOut();
    }
  };
  const timer = setInterval(() => timeOutBefore(now() - timeoutMs), timeoutMs / 4);
  timer.unref();
  return {
    start: (timeOut) => {
      const query = { since: now(), timeOut };
      waiting.add(query);
      return (responded) => {
        if (waiting.delete(query) && responded) responses += 1;
      };
    },
    timeOutAll: () => timeOutBefore(now()),
    responses: () => responses,
    longestWait: () => {
      for (const { since } of waiting) return now() - since;
      return 0;
    },
    close: () => clearInterval(timer),
  };
}
