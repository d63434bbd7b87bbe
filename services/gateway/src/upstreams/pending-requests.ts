import type { CheckedRequests } from './health-check.ts';

/** A request that waits for a response, in undici's queue or on a connection. */
export interface PendingRequest {
  /** The tick at which it was handed to undici. */
  since: number;
  /** Its place in the list; -1 where it is in none. */
  place: number;
  abort(error: Error): void;
}

export interface PendingRequests extends CheckedRequests {
  add(request: PendingRequest): void;
  remove(request: PendingRequest): void;
  /** A response has begun. */
  responded(): void;
}

export function createPendingRequests(tick: () => number): PendingRequests {
  // In no order, so that each can be taken out at once. A Set that is filled and emptied all the time leaves a trail of
  // tables that V8 collects late.
  const pending: PendingRequest[] = [];
  let lastResponse = -1;
  return {
    add(request) {
      request.since = tick();
      request.place = pending.push(request) - 1;
    },
    remove(request) {
      if (request.place < 0) return;
      const last = pending.pop();
      if (last !== undefined && last !== request) {
        last.place = request.place;
        pending[request.place] = last;
      }
      request.place = -1;
    },
    responded() {
      lastResponse = tick();
    },
    oldestPending() {
      let oldest: number | undefined;
      for (const { since } of pending) if (oldest === undefined || since < oldest) oldest = since;
      return oldest;
    },
    lastResponse: () => lastResponse,
    abortPending(error) {
      for (const request of [...pending]) request.abort(error);
    },
  };
}
