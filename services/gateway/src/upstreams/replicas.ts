import type { Replica } from './replica.ts';

/** The replicas of one service. */
export interface Replicas<T> {
  /**
   * The next one in turn that is available: `except` only if there is no other, one that is draining only if no other is
   * available. Or for how long none will be.
   */
  next(except?: Replica<T>): Replica<T> | { readonly waitMs: number };
  /** True as soon as one is available, false when waiting is of no use (any more). */
  recovery(): Promise<boolean>;
  /** Lets the requests go that are held: one has shown that it is alive. */
  recovered(): void;
  all(): readonly Replica<T>[];
  /** Puts other replicas in the place of those there are. */
  replace(replicas: readonly Replica<T>[]): void;
}

/** Most requests that are held until a service is back. */
const MOST_HELD = 2_000;

/** The replicas of one service in turns, those left out that are unavailable. */
export function createReplicas<T>(first: readonly Replica<T>[], now: () => number): Replicas<T> {
  let all = first;
  let turn = 0;
  const held = new Set<(recovered: boolean) => void>();

  function take(index: number): Replica<T> {
    const replica = all[index] as Replica<T>;
    turn = (index + 1) % all.length;
    replica.begin();
    return replica;
  }

  function release(recovered: boolean): void {
    for (const resolve of held) resolve(recovered);
    held.clear();
  }

  return {
    all: () => all,
    next(except) {
      let draining = -1;
      let second: Replica<T> | undefined;
      for (let step = 0; step < all.length; step += 1) {
        const index = (turn + step) % all.length;
        const replica = all[index];
        if (replica === undefined || replica.unavailableMs() > 0) continue;
        if (replica === except) second = replica;
        else if (!replica.isDraining()) return take(index);
        else if (draining < 0) draining = index;
      }
      if (draining >= 0) return take(draining);
      return second ?? { waitMs: Math.min(...all.map((replica) => replica.unavailableMs())) };
    },
    recovery() {
      const untilEnd = Math.max(...all.map((replica) => (replica.isUnavailable() ? replica.heldUntil() - now() : 0)));
      if (untilEnd <= 0 || held.size >= MOST_HELD) return Promise.resolve(false);
      return new Promise((resolve) => {
        const settle = (recovered: boolean): void => {
          clearTimeout(timer);
          held.delete(settle);
          resolve(recovered);
        };
        const timer = setTimeout(settle, untilEnd, false);
        held.add(settle);
      });
    },
    recovered: () => release(true),
    replace(replicas) {
      all = replicas;
      turn = 0;
      release(true);
    },
  };
}
