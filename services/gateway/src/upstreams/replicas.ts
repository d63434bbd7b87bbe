import { type Breaker, createBreaker } from './breaker.ts';

/** One address of a service. */
export interface Replica<T> {
  readonly subject: T;
  readonly breaker: Breaker;
}

export interface Replicas<T> {
  /** The next one in turn that answers, `except` only if there is no other; or for how long none will be asked. */
  next(except?: Replica<T>): Replica<T> | { readonly waitMs: number };
  readonly all: readonly Replica<T>[];
}

/** The replicas of one service in turns, those left out that have failed several times in a row. */
export function createReplicas<T>(subjects: readonly T[], now: () => number): Replicas<T> {
  const all = subjects.map((subject) => ({ subject, breaker: createBreaker(now) }));
  let turn = 0;

  return {
    all,
    next(except) {
      let second: Replica<T> | undefined;
      for (let index = 0; index < all.length; index += 1) {
        const replica = all[(turn + index) % all.length];
        if (replica === undefined || replica.breaker.waitMs() > 0) continue;
        if (replica === except) {
          second = replica;
          continue;
        }
        turn = (turn + index + 1) % all.length;
        replica.breaker.begin();
        return replica;
      }
      if (second !== undefined) return second;
      return { waitMs: Math.min(...all.map(({ breaker }) => breaker.waitMs())) };
    },
  };
}
