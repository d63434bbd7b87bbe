import { parentPort } from 'node:worker_threads';
import { hashSync, verifySync } from '@node-rs/argon2';
import type { HashOrder, HashReport, HashWork } from './hash-threads.ts';

/** A thread that hashes and does nothing else; hash-threads.ts begins it and gives it work. */
parentPort?.on('message', ({ id, work }: HashOrder) => parentPort?.postMessage(done(id, work)));

function done(id: number, work: HashWork): HashReport {
  try {
    if ('passwordHash' in work) return { id, result: verifySync(work.passwordHash, work.password) };
    const { memoryKib, passes, lanes } = work.cost;
    // argon2id is the library's default algorithm.
    return { id, result: hashSync(work.password, { memoryCost: memoryKib, timeCost: passes, parallelism: lanes }) };
  } catch (error) {
    return { id, failure: error instanceof Error ? error.message : 'no hash was made' };
  }
}
