import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Worker } from 'node:worker_threads';
import { loadConfig } from '@gaia/auth/config';
import { start } from '@gaia/auth/start';
import { createLogger } from '@gaia/http-service/logger';

/**
 * What the process is told: to begin, to hash and nothing else, to sign and nothing else, or to say how much processor time
 * it has used.
 */
export type Order =
  | { readonly env: Record<string, string> }
  | { readonly hash: { readonly seconds: number; readonly parallel: number } }
  | 'cpu'
  | 'signature';

/** The service in a process of its own, which is also where the raw hashes are made: the same threads, the same cores. */
process.on('message', async (order: Order) => {
  if (order === 'cpu') {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuSeconds: (user + system) / 1e6 });
  } else if (order === 'signature') {
    process.send?.({ cpuMs: signatureCpuMs() });
  } else if ('hash' in order) {
    process.send?.({ hashes: await hashesIn(order.hash.seconds, order.hash.parallel) });
  } else {
    const logger = createLogger({ service: 'auth', level: 'warn' }, { write: (line) => process.stderr.write(line) });
    const app = await start(loadConfig(order.env), { logger });
    await app.listen({ host: '127.0.0.1', port: 0 });
    process.send?.({ port: (app.server.address() as AddressInfo).port });
  }
});
process.on('disconnect', () => process.exit());

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const SIGNATURES = 500;

/** Milliseconds of processor time that one RS256 signature takes, which is in every answer with an access token. */
function signatureCpuMs(): number {
  const text = Buffer.alloc(700, 'x');
  const before = process.cpuUsage();
  for (let count = 0; count < SIGNATURES; count += 1) sign('sha256', text, privateKey);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / SIGNATURES;
}

/** Passwords verified a second by so many threads that do nothing else. */
async function hashesIn(seconds: number, parallel: number): Promise<number> {
  const rates = await Promise.all(
    Array.from({ length: parallel }, async () => {
      const thread = new Worker(new URL('./raw-thread.ts', import.meta.url), { workerData: { seconds } });
      const [rate] = (await once(thread, 'message')) as [number];
      return rate;
    }),
  );
  return rates.reduce((sum, rate) => sum + rate, 0);
}
