import { parentPort, workerData } from 'node:worker_threads';
import { hashSync, verifySync } from '@node-rs/argon2';

/** Verifies passwords for so many seconds, one right after another, and says how many it were a second. */
const { seconds } = workerData as { readonly seconds: number };
/** OWASP's argon2id: the service's default cost. */
const passwordHash = hashSync('a password', { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
const startedAt = performance.now();
let done = 0;
while (performance.now() - startedAt < seconds * 1_000) {
  verifySync(passwordHash, 'a password');
  done += 1;
}
parentPort?.postMessage((done * 1_000) / (performance.now() - startedAt));
