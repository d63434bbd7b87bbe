export interface AppliedSeqOptions {
  /** Asks the database: another process may be the one that follows the feed. */
  readonly read: () => Promise<bigint>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly pollMs?: number;
  readonly maxWaiting?: number;
}

export interface AppliedSeq {
  /** Told by the follower of this process: waiters need not ask the database. */
  announce(seq: bigint): void;
  /** Resolves true once everything up to `seq` is applied, false if it is not after `timeoutMs` or too many wait already. */
  waitFor(seq: bigint, timeoutMs: number): Promise<boolean>;
}

/** Lets callers wait for a change of their own to be applied. All waiters share one look at the database. */
export function createAppliedSeq(options: AppliedSeqOptions): AppliedSeq {
  const { read, now } = options;
  const pollMs = options.pollMs ?? 25;
  const maxWaiting = options.maxWaiting ?? 500;
  const waiting = new Set<(seq: bigint) => void>();
  let reading: Promise<bigint> | undefined;

  function readShared(): Promise<bigint> {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  }

  function announcement(ms: number): Promise<bigint | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => done(undefined), ms);
      function done(seq: bigint | undefined): void {
        clearTimeout(timer);
        waiting.delete(done);
        resolve(seq);
      }
      waiting.add(done);
    });
  }

  return {
    announce(seq) {
      for (const told of [...waiting]) told(seq);
    },
    async waitFor(seq, timeoutMs) {
      const deadline = now() + timeoutMs;
      if ((await readShared()) >= seq) return true;
      if (waiting.size >= maxWaiting) return false;
      for (let left = timeoutMs; left > 0; left = deadline - now()) {
        const announced = await announcement(Math.min(pollMs, left));
        if (announced !== undefined && announced >= seq) return true;
        if ((await readShared()) >= seq) return true;
      }
      return false;
    },
  };
}
