import { createBreaker } from './breaker.ts';
import { isConnectFailure, ServiceUnresponsive } from './errors.ts';

/** `draining`: it says so itself; `refused`: nothing listens there; `unresponsive`: it takes connections only. */
export type Outage = 'draining' | 'refused' | 'unresponsive';

/** One address of a service, and what is known of its health. */
export interface Replica<T> {
  readonly subject: T;
  /** Milliseconds until it may get a request again; 0 when it may now. */
  unavailableMs(): number;
  /** Takes the turn: in the time of trial only one request goes through. */
  begin(): void;
  succeeded(): void;
  /** Where nothing listens, it is unavailable until it shows that it is alive again. Else, a failure counts. */
  failed(error: unknown): void;
  /** It has shown that it is alive. */
  recovered(): void;
  /** A response has told that it shuts down: other replicas come first, until it has been asked. */
  announcedShutdown(): void;
  isDraining(): boolean;
  markUnavailable(outage: Outage): void;
  isUnavailable(): boolean;
  /** Until when requests are held for its recovery. */
  heldUntil(): number;
}

export interface ReplicaOptions {
  readonly now: () => number;
  /** How long requests are held for one that has announced its shutdown, in milliseconds. */
  readonly restartWaitMs: number;
  /** Told when it becomes unavailable. */
  readonly onUnavailable?: () => void;
}

/** A replica that announces its shutdown ends soon, or has not meant it. */
const DRAINING_MS = 5_000;
/** One at which suddenly nothing listens may only have been overrun; a health check tells in a moment. */
const SUDDEN_WAIT_MS = 500;

export function createReplica<T>(subject: T, options: ReplicaOptions): Replica<T> {
  const { now, restartWaitMs } = options;
  const breaker = createBreaker(now);
  const waits: Readonly<Record<Outage, number>> = {
    draining: restartWaitMs,
    refused: Math.min(SUDDEN_WAIT_MS, restartWaitMs),
    unresponsive: 0,
  };
  let unavailable = false;
  let drainingUntil = 0;
  let heldUntil = 0;

  function markUnavailable(outage: Outage): void {
    if (unavailable) return;
    unavailable = true;
    heldUntil = now() + (now() < drainingUntil ? restartWaitMs : waits[outage]);
    options.onUnavailable?.();
  }

  return {
    subject,
    unavailableMs: () => (unavailable ? Math.max(1, heldUntil - now()) : breaker.waitMs()),
    begin: breaker.begin,
    succeeded: breaker.succeeded,
    failed(error) {
      // The health check that has cut the request off has said so already.
      if (error instanceof ServiceUnresponsive) return;
      if (isConnectFailure(error)) markUnavailable('refused');
      else breaker.failed();
    },
    recovered() {
      unavailable = false;
      drainingUntil = 0;
      breaker.succeeded();
    },
    announcedShutdown() {
      drainingUntil = now() + DRAINING_MS;
    },
    isDraining: () => now() < drainingUntil,
    markUnavailable,
    isUnavailable: () => unavailable,
    heldUntil: () => heldUntil,
  };
}
