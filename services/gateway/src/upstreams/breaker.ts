export interface Breaker {
  /** Milliseconds until the replica may get a request again; 0 when it may now. */
  waitMs(): number;
  /** Takes the turn: in the time of trial only one request goes through. */
  begin(): void;
  succeeded(): void;
  failed(): void;
}

/** Failure threshold: so many in a row open the breaker. */
const FAILURES = 5;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15_000;

/**
 * A circuit breaker: a replica that has failed several times in a row gets no request for a while, then one, and again all
 * as soon as that one succeeds. No request waits for what does not respond, and what comes back is not overrun.
 */
export function createBreaker(now: () => number): Breaker {
  let failures = 0;
  let pauseMs = FIRST_PAUSE_MS;
  let openUntil = 0;
  return {
    waitMs: () => Math.max(0, openUntil - now()),
    begin() {
      if (failures >= FAILURES) openUntil = now() + pauseMs;
    },
    succeeded() {
      failures = 0;
      openUntil = 0;
      pauseMs = FIRST_PAUSE_MS;
    },
    failed() {
      failures += 1;
      if (failures < FAILURES) return;
      openUntil = now() + pauseMs;
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    },
  };
}
