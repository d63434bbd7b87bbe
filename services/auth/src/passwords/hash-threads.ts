import { Worker } from 'node:worker_threads';
import { problem } from '@gaia/http-service/problem';
import type { HashCost } from './hash-cost.ts';

/** Threads that hash passwords and do nothing else, so that neither the event loop nor files and DNS wait for a hash. */
export interface HashThreads {
  /** PHC string of argon2id (RFC 9106). Rejects with `unavailable` if its thread ends. */
  hash(password: string, cost: HashCost): Promise<string>;
  /** Whether the password belongs to the hash. Rejects for a text that is no hash, and as `hash` does. */
  verify(passwordHash: string, password: string): Promise<boolean>;
  /** Ends the threads; work under way is refused. */
  close(): Promise<void>;
}

export type HashWork =
  | { readonly password: string; readonly cost: HashCost }
  | { readonly password: string; readonly passwordHash: string };

export type HashReport = { readonly result: string | boolean } | { readonly failure: string };

interface HashThread {
  readonly worker: Worker;
  /** What it has been given and has not reported; it reports in the same order. */
  readonly asked: PromiseWithResolvers<unknown>[];
}

/**
 * Up to `count` threads, each begun when all others have work. A thread goes from one piece of work to the next by itself:
 * a caller with one queued for each thread loses no time to a busy event loop.
 */
export function openHashThreads(count: number): HashThreads {
  const threads = new Set<HashThread>();

  function begin(): HashThread {
    // The environment holds secrets, and a thread needs none of them.
    const worker = new Worker(new URL('./hash-thread.ts', import.meta.url), { name: 'password hashes', env: {} });
    const thread: HashThread = { worker, asked: [] };
    worker.on('message', (report: HashReport) => {
      const asked = thread.asked.shift();
      if (thread.asked.length === 0) worker.unref();
      if ('failure' in report) asked?.reject(new Error(report.failure));
      else asked?.resolve(report.result);
    });
    const end = () => {
      threads.delete(thread);
      for (const { reject } of thread.asked.splice(0)) reject(problem('unavailable'));
    };
    worker.on('error', end);
    worker.on('exit', end);
    threads.add(thread);
    return thread;
  }

  function freest(): HashThread {
    let best: HashThread | undefined;
    for (const thread of threads) {
      if (best === undefined || thread.asked.length < best.asked.length) best = thread;
    }
    return best !== undefined && (best.asked.length === 0 || threads.size >= count) ? best : begin();
  }

  function ask(work: HashWork): Promise<unknown> {
    const { worker, asked } = freest();
    const answer = Promise.withResolvers<unknown>();
    asked.push(answer);
    worker.ref();
    worker.postMessage(work);
    return answer.promise;
  }

  return {
    hash: async (password, cost) => String(await ask({ password, cost })),
    verify: async (passwordHash, password) => (await ask({ password, passwordHash })) === true,
    close: async () => {
      await Promise.all([...threads].map(({ worker }) => worker.terminate()));
    },
  };
}
