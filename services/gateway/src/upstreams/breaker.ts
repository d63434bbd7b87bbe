export interface Breaker {
  /** Milliseconds until the replica may be asked again; 0 when it may now. */
  waitMs(): number;
  /** Takes the turn: in the time of trial only one request goes through. */
  begin(): void;
  succeeded(): void;
  failed(): void;
}

/** Failures in a row after which a replica is left alone. */
const FAILURES = 5;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15_000;

/**
 * A circuit breaker: what has failed several times in a row is not asked for a while, then by one request, and again by
 * all as soon as that one succeeds. Nobody waits for what does not answer, and what comes back is not run over.
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
