import { isUnreached } from '../proxy/failure.ts';
import { createBreaker } from './breaker.ts';
import { ServiceSilent } from './silence.ts';

/** What is asked of one address of a service. */
export interface Backend {
  /** The oldest request that waits for the head of its answer, by the tick at which it was sent. */
  oldestWaiting(): number | undefined;
  /** The tick at which the latest answer began. */
  lastAnswer(): number;
  /** Fails all requests that wait for the head of their answer. */
  cutWaiting(error: Error): void;
  /** Ends what takes too long. To be called at every tick. */
  sweep(): void;
  /** Closes connections that nothing is under way on; they are opened anew when they are needed. */
  retireIdle(): void;
  /** Ends all connections when what is under way on them is through. */
  close(): Promise<void>;
}

/** One address of a service, and what is known of its health. */
export interface Replica<T> {
  readonly subject: T;
  /** Milliseconds until it may be asked again; 0 when it may now. */
  restsMs(): number;
  /** Takes the turn: in the time of trial only one request goes through. */
  begin(): void;
  succeeded(): void;
  /** Nobody listens there: it is left alone from now on until it shows that it is alive again. Else, a failure counts. */
  failed(error: unknown): void;
  /** It has shown that it is alive. */
  revived(): void;
  /** It has told a client that it ends: others come first, until it has been asked. */
  leaving(): void;
  /** It says itself that it ends: left alone, and waited for. */
  ends(): void;
  /** Nobody listens there any more. */
  gone(): void;
  /** It answers nothing any more. */
  silent(): void;
  isLost(): boolean;
  isLeaving(): boolean;
  /** Until when its return is worth waiting for. */
  patientUntil(): number;
}

export interface ReplicaOptions {
  readonly now: () => number;
  /** How long one that has said that it ends is waited for, in milliseconds. */
  readonly restartWaitMs: number;
  /** Told when it is lost. */
  readonly onLost?: () => void;
}

/** A replica that tells clients that it ends does so soon, or has not meant it. */
const LEAVING_MS = 5_000;
/** One that is suddenly gone may only have been overrun; a look at it tells in a moment. */
const SUDDEN_WAIT_MS = 500;

export function createReplica<T>(subject: T, options: ReplicaOptions): Replica<T> {
  const { now } = options;
  const breaker = createBreaker(now);
  let lost = false;
  let leavingUntil = 0;
  let patientUntil = 0;

  function lose(patienceMs: number): void {
    if (lost) return;
    const announced = now() < leavingUntil;
    lost = true;
    patientUntil = now() + (announced ? options.restartWaitMs : Math.min(patienceMs, options.restartWaitMs));
    options.onLost?.();
  }

  return {
    subject,
    restsMs: () => (lost ? Math.max(1, patientUntil - now()) : breaker.waitMs()),
    begin: breaker.begin,
    succeeded: breaker.succeeded,
    failed(error) {
      // Who has been cut off for its silence says nothing new.
      if (error instanceof ServiceSilent) return;
      if (isUnreached(error)) lose(SUDDEN_WAIT_MS);
      else breaker.failed();
    },
    revived() {
      lost = false;
      leavingUntil = 0;
      breaker.succeeded();
    },
    leaving() {
      leavingUntil = now() + LEAVING_MS;
    },
    ends: () => lose(options.restartWaitMs),
    gone: () => lose(SUDDEN_WAIT_MS),
    silent: () => lose(0),
    isLost: () => lost,
    isLeaving: () => now() < leavingUntil,
    patientUntil: () => patientUntil,
  };
}
