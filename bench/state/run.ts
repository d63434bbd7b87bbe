/**
 * What a refresh costs the state: rotations of families in memory, in memory and a file, and in a Redis that keeps nothing
 * on its disk, one and 32 at a time. The contestants take turns, so that what else the machine does meets all of them.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { openState } from '@gaia/state/open';
import { openSqliteState } from '@gaia/state/sqlite';
import type { FamilyStore } from '@gaia/state/state';
import { startRedis } from '../auth/redis.ts';

const seconds = Number(process.env.BENCH_SECONDS ?? 2);
const rounds = Number(process.env.BENCH_ROUNDS ?? 5);
const DAY = 86_400_000;

const folder = await mkdtemp(join(tmpdir(), 'gaia-bench-state-'));
const redis = await startRedis();
const now = Date.now;
const states = {
  memory: openState({ redisUrl: undefined, now }),
  file: await openSqliteState({ file: join(folder, 'state.sqlite'), now }),
  redis: openState({ redisUrl: redis.url, now }),
};

/** Milliseconds of each rotation, and how late the event loop was meanwhile at the 99th percentile. */
async function measure(families: FamilyStore, parallel: number): Promise<{ latencies: number[]; lag: number }> {
  const latencies: number[] = [];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const until = performance.now() + seconds * 1_000;
  const rotateAgain = async (index: number) => {
    const at = now();
    const sid = `${index}-${Math.random()}`;
    const of = {
      sub: `user ${index}`,
      site: 'site-a.localhost',
      clientId: 'gaia',
      amr: ['pwd'],
      address: '203.0.113.7',
    };
    const times = { createdAt: at, rotatedAt: at, absoluteEnd: at + 30 * DAY };
    await families.create({ sid, ...of, userAgent: 'Mozilla/5.0 '.repeat(10), sequence: 1, ...times }, 7 * DAY, at);
    for (let sequence = 1; performance.now() < until; sequence += 1) {
      const begun = performance.now();
      await families.rotate({ sid, sequence, graceMs: 30_000, idleMs: 7 * DAY, now: now() });
      latencies.push(performance.now() - begun);
      // Requests come through sockets; without this, memory alone would never let the event loop turn.
      await new Promise(setImmediate);
    }
  };
  delay.enable();
  await Promise.all(Array.from({ length: parallel }, (_, index) => rotateAgain(index)));
  delay.disable();
  return { latencies, lag: delay.percentile(99) / 1e6 };
}

const quantile = (values: number[], share: number) =>
  (values.sort((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN).toFixed(2);

for (const parallel of [1, 32]) {
  const all = Object.entries(states).map(([name, { families }]) => ({
    name,
    families,
    latencies: [] as number[],
    lags: [] as number[],
  }));
  for (let round = 0; round < rounds; round += 1) {
    for (const one of all) {
      const { latencies, lag } = await measure(one.families, parallel);
      one.latencies.push(...latencies);
      one.lags.push(lag);
    }
  }
  for (const { name, latencies, lags } of all) {
    const rate = (latencies.length / (seconds * rounds)).toFixed(0).padStart(7);
    process.stdout.write(
      `${String(parallel).padStart(2)} at a time, ${name.padEnd(6)} ${rate} /s, p50 ${quantile(latencies, 0.5)} ms, ` +
        `p99 ${quantile(latencies, 0.99)} ms, event loop p99 ${quantile(lags, 0.5)} ms\n`,
    );
  }
}
await Promise.all(Object.values(states).map((state) => state.close()));
redis.stop();
await rm(folder, { recursive: true });
