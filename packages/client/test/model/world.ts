/** Time that passes when it is told to. */
export interface World {
  /** Milliseconds since the epoch, as it really is. */
  now(): number;
  /** Calls later; the result takes that back. */
  schedule(milliseconds: number, callback: () => void): () => void;
  /** Lets time pass, and all happen that is to happen in it. */
  pass(milliseconds: number): Promise<void>;
}

const START = Date.UTC(2026, 10, 1, 12);

export function createWorld(): World {
  let now = START;
  let count = 0;
  const queue: { readonly at: number; readonly order: number; readonly callback: () => void }[] = [];

  /** Everything that follows from what has happened, without time. */
  const settle = () => new Promise((resolve) => setImmediate(resolve));

  return {
    now: () => now,
    schedule(milliseconds, callback) {
      count += 1;
      const entry = { at: now + Math.max(0, Math.ceil(milliseconds)), order: count, callback };
      queue.push(entry);
      return () => {
        const index = queue.indexOf(entry);
        if (index >= 0) queue.splice(index, 1);
      };
    },
    async pass(milliseconds) {
      const until = now + milliseconds;
      await settle();
      for (;;) {
        queue.sort((a, b) => a.at - b.at || a.order - b.order);
        const next = queue[0];
        if (next === undefined || next.at > until) break;
        queue.shift();
        now = next.at;
        next.callback();
        await settle();
      }
      now = until;
    },
  };
}
