import type { QueryTimeoutTracker } from './query-timeouts.ts';

export interface HealthMonitor {
  /** While true, callers fail at once. */
  isUnavailable(): boolean;
  close(): void;
}

export interface HealthMonitorOptions {
  readonly timeouts: QueryTimeoutTracker;
  /** Resolves when the server responds on a new connection; rejects within about a second otherwise. */
  readonly probe: () => Promise<void>;
  readonly onChange: (unavailable: boolean) => void;
}

const TICK_MS = 250;
/** A query that waits longer, while no response arrives, triggers a probe. */
const SUSPICIOUS_WAIT_MS = 125;
/** Ticks from the first probe to the failure. Counted, not timed: a blocked event loop must not look like a dead server. */
const FAILURE_TICKS = 3;
/** Ticks between probes while only slow queries wait. */
const COOLDOWN_TICKS = 1;

/**
 * A paused or disconnected server accepts queries and never responds. When queries wait and no response arrives, a probe opens a
 * new connection. If that gets no response either, all waiting queries time out (after a second and a quarter at most, on a
 * machine that is not overloaded), and new ones fail at once until a probe succeeds.
 */
export function startHealthMonitor({ timeouts, probe, onChange }: HealthMonitorOptions): HealthMonitor {
  let unavailable = false;
  let previousResponses = 0;
  let cooldown = 0;
  let probing = false;
  /** Ticks without a response. A probe that fails at once does not end the suspicion. */
  let suspicion: { ticks: number; readonly previousResponses: number } | undefined;

  const setUnavailable = (next: boolean): void => {
    if (unavailable === next) return;
    unavailable = next;
    onChange(unavailable);
  };

  function runProbe(): void {
    if (probing) return;
    probing = true;
    probe()
      .then(
        () => {
          suspicion = undefined;
          cooldown = COOLDOWN_TICKS;
          setUnavailable(false);
        },
        () => {},
      )
      .finally(() => {
        probing = false;
      });
  }

  function judge(current: { ticks: number; readonly previousResponses: number }): void {
    current.ticks += 1;
    if (timeouts.responses() !== current.previousResponses) suspicion = undefined;
    else if (current.ticks < FAILURE_TICKS) runProbe();
    else {
      suspicion = undefined;
      setUnavailable(true);
      timeouts.timeOutAll();
    }
  }

  const timer = setInterval(() => {
    const responses = timeouts.responses();
    const unresponsive = responses === previousResponses && timeouts.longestWait() >= SUSPICIOUS_WAIT_MS;
    previousResponses = responses;
    if (unavailable) runProbe();
    else if (suspicion !== undefined) judge(suspicion);
    else if (cooldown > 0) cooldown -= 1;
    else if (unresponsive) {
      suspicion = { ticks: 0, previousResponses: responses };
      runProbe();
    }
  }, TICK_MS);
  timer.unref();

  return { isUnavailable: () => unavailable, close: () => clearInterval(timer) };
}

export const disabledHealthMonitor: HealthMonitor = Object.freeze({ isUnavailable: () => false, close: () => {} });
