import { GaiaError } from '../error.ts';
import type { Runtime } from '../runtime.ts';

/** An end of waiting: its time is over, or its caller does not want the result any more. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** The result, or a rejection as soon as the deadline has passed, whatever the promise does then. */
  race<T>(promise: Promise<T>): Promise<T>;
  /** Milliseconds; by a clock that may jump, so good for decisions only. */
  remaining(): number;
  sleep(milliseconds: number): Promise<void>;
  /** To be called when nothing waits any more. */
  done(): void;
}

export function createDeadline(runtime: Runtime, milliseconds: number, caller?: AbortSignal): Deadline {
  caller?.throwIfAborted();
  const controller = new AbortController();
  const { signal } = controller;
  const endsAt = runtime.now() + milliseconds;
  const timer = runtime.setTimeout(
    () => controller.abort(new GaiaError('timeout', `There was no response within ${milliseconds} ms`)),
    milliseconds,
  );
  const onAbort = () => controller.abort(caller?.reason);
  caller?.addEventListener('abort', onAbort, { once: true });

  const race = <T>(promise: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      const stop = () => reject(signal.reason);
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop, { once: true });
      promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
    });

  return {
    signal,
    race,
    remaining: () => endsAt - runtime.now(),
    sleep: (pause) => race(wakeable(runtime, pause)),
    done() {
      runtime.clearTimeout(timer);
      caller?.removeEventListener('abort', onAbort);
    },
  };
}

/** Waits; less long where a browser tells that it has come back online. */
function wakeable(runtime: Runtime, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const target = globalThis as Partial<Pick<EventTarget, 'addEventListener' | 'removeEventListener'>>;
    const wake = () => {
      runtime.clearTimeout(timer);
      target.removeEventListener?.('online', wake);
      resolve();
    };
    const timer = runtime.setTimeout(wake, milliseconds);
    target.addEventListener?.('online', wake);
  });
}
