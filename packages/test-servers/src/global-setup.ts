import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@gaia/embedded-postgres';
import type { TestProject } from 'vitest/node';
import { removeLeftOvers, runDirectoryPrefix } from './left-overs.ts';
import type { ProvidedServers } from './provided-servers.ts';
import { startTestRedis } from './redis-server.ts';

/** vitest's global setup: one PostgreSQL and, where there is one, one Redis for the run; both end with it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeLeftOvers(tmpdir());
  const directory = mkdtempSync(join(tmpdir(), runDirectoryPrefix));
  const postgres = await startEmbeddedPostgres({ dataDir: join(directory, 'postgres'), durable: false });
  const redis = await startTestRedis(process.env, join(directory, 'redis'));
  const provided: ProvidedServers = {
    postgresUrl: postgres.url('postgres'),
    redis: 'url' in redis ? { url: redis.url } : redis,
  };
  if ('unavailable' in redis) process.stdout.write(`tests that need Redis are skipped: ${redis.unavailable}\n`);
  project.provide('gaiaServers', provided);
  return async () => {
    await Promise.all([postgres.stop(), 'url' in redis ? redis.stop() : undefined]);
    rmSync(directory, { recursive: true, force: true });
  };
}
