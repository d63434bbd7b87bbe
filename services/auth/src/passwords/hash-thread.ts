import { parentPort } from 'node:worker_threads';
import { hashSync, verifySync } from '@node-rs/argon2';
import type { HashReport, HashWork } from './hash-threads.ts';

/** A thread that hashes and does nothing else; hash-threads.ts begins it and gives it work. */
parentPort?.on('message', (work: HashWork) => parentPort?.postMessage(done(work)));

function done(work: HashWork): HashReport {
  try {
    if ('passwordHash' in work) return { result: verifySync(work.passwordHash, work.password) };
    const { memoryKib, passes, lanes } = work.cost;
    // argon2id is the library's default algorithm.
    return { result: hashSync(work.password, { memoryCost: memoryKib, timeCost: passes, parallelism: lanes }) };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : 'no hash was made' };
  }
}
