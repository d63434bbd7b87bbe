import { ServiceUnresponsive } from './errors.ts';
import type { Verdict } from './liveness.ts';
import type { Replica } from './replica.ts';

/** What a health check needs of the requests to a replica. */
export interface CheckedRequests {
  /** The oldest request that waits for a response, by the tick at which it was sent. */
  oldestPending(): number | undefined;
  /** The tick at which the latest response began. */
  lastResponse(): number;
  /** Fails all requests that wait for a response. */
  abortPending(error: Error): void;
}

export interface HealthCheckOptions<T> {
  /** All replicas of all services. */
  readonly replicas: () => Iterable<Replica<T>>;
  /** Asks a replica whether it is alive; takes no longer than the time given, in milliseconds. */
  readonly checkLiveness: (subject: T, timeoutMs: number) => Promise<Verdict>;
  /** Told when one that was unavailable is alive again. */
  readonly onRecovered: (replica: Replica<T>) => void;
}

export interface HealthCheck<T extends CheckedRequests> {
  /** Counts up with every interval: time as coarse as is needed here, and free. */
  tick(): number;
  /** Checks a replica at once. */
  check(replica: Replica<T>): Promise<void>;
  stop(): void;
}

const INTERVAL_MS = 250;
/** Intervals for which a response may be awaited before the service is checked: half a second at most. */
const PENDING_INTERVALS = 2;
const TIMEOUT_MS = 1_000;
/** An interval that is so much too long says that it is this process that was held up, in milliseconds. */
const OWN_DELAY_MS = 300;

/**
 * Checks replicas without disturbing them: only one whose response is awaited for a while, and that has responded to
 * nothing else meanwhile. If it does not say within a second that it is alive, all requests that wait for it fail; those
 * that take their time at a service that is alive are not touched. An unavailable replica is checked until it is back.
 */
export function startHealthCheck<T extends CheckedRequests>(options: HealthCheckOptions<T>): HealthCheck<T> {
  let tick = 0;
  let tickedAt = performance.now();
  /** The latest tick that came too late. */
  let heldUpAt = -1;
  const underWay = new Set<Replica<T>>();

  function isSuspect({ subject }: Replica<T>): boolean {
    const oldest = subject.oldestPending();
    return (
      oldest !== undefined && tick - oldest >= PENDING_INTERVALS && tick - subject.lastResponse() >= PENDING_INTERVALS
    );
  }

  async function check(replica: Replica<T>): Promise<void> {
    if (underWay.has(replica)) return;
    underWay.add(replica);
    const from = tick;
    const verdict = await options.checkLiveness(replica.subject, TIMEOUT_MS);
    underWay.delete(replica);
    if (verdict === 'alive') {
      const wasUnavailable = replica.isUnavailable();
      replica.recovered();
      if (wasUnavailable) options.onRecovered(replica);
    } else if (verdict !== 'unresponsive') replica.markUnavailable(verdict);
    else if (replica.isUnavailable() || (heldUpAt < from && replica.subject.lastResponse() < from)) {
      replica.markUnavailable(verdict);
      replica.subject.abortPending(new ServiceUnresponsive());
    }
  }

  function checkAll(): void {
    const now = performance.now();
    tick += 1;
    if (now - tickedAt > INTERVAL_MS + OWN_DELAY_MS) heldUpAt = tick;
    tickedAt = now;
    for (const replica of options.replicas()) {
      if (replica.isUnavailable() || isSuspect(replica)) void check(replica);
    }
  }

  const timer = setInterval(checkAll, INTERVAL_MS);
  timer.unref();
  return { tick: () => tick, check, stop: () => clearInterval(timer) };
}
