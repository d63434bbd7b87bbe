/** Gives up queries whose answer does not come. */
export interface Watch {
  /** Begins to wait; call the result when the answer is there. `giveUp` is called at most once. */
  start(giveUp: () => void): () => void;
  close(): void;
}

const nothing = (): void => {};

/**
 * The server ends slow statements itself (statement_timeout), but where the network swallows its answer, or the machine
 * is gone, nobody says so. One timer looks at all queries: one each would cost more than it watches.
 * `timeoutMs` 0: never. A query is given up within a quarter of the time more.
 */
export function watchQueries(timeoutMs: number, now: () => number): Watch {
  if (timeoutMs === 0) return { start: () => nothing, close: nothing };
  const waiting = new Set<{ readonly since: number; readonly giveUp: () => void }>();
  const timer = setInterval(() => {
    const oldest = now() - timeoutMs;
    for (const query of waiting) {
      // In the order in which they began.
      if (query.since > oldest) return;
      waiting.delete(query);
      query.giveUp();
    }
  }, timeoutMs / 4);
  timer.unref();
  return {
    start: (giveUp) => {
      const query = { since: now(), giveUp };
      waiting.add(query);
      return () => waiting.delete(query);
    },
    close: () => clearInterval(timer),
  };
}
