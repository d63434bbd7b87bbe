import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@gaia/embedded-postgres';
import type { TestProject } from 'vitest/node';
import { type Containers, startContainers } from './containers.ts';
import { removeLeftOvers, runDirectoryPrefix } from './left-overs.ts';
import type {} from './provided-servers.ts';
import { startTestRedis } from './redis-server.ts';

interface Server {
  readonly pid: number;
  stop(): Promise<void>;
}

/** vitest's global setup: one PostgreSQL and, where there is one, one Redis for the run; both end with it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeLeftOvers(tmpdir());
  const directory = mkdtempSync(join(tmpdir(), runDirectoryPrefix));
  const running: Server[] = [];
  let stopContainers = async (): Promise<void> => {};
  const stop = async (): Promise<void> => {
    await Promise.all([...running.splice(0).map((server) => server.stop()), stopContainers()]);
    rmSync(directory, { recursive: true, force: true });
  };
  process.once('exit', () => endAtOnce(running, directory));
  process.once('SIGHUP', () => process.exit(129));
  // Concurrently with the others.
  const startingContainers = wantsContracts(project)
    ? startContainers({ env: process.env })
    : Promise.resolve({ unavailable: 'no contract suite is run' });
  try {
    const postgres = await startEmbeddedPostgres({ dataDir: join(directory, 'postgres'), durable: false });
    running.push(postgres);
    const redis = await startTestRedis(process.env, join(directory, 'redis'));
    if ('server' in redis && redis.server) running.push(redis.server);
    if ('unavailable' in redis) process.stdout.write(`tests that need Redis are skipped: ${redis.unavailable}\n`);
    const containers = await startingContainers;
    const areThere = 'postgresUrl' in containers;
    const where = areThere
      ? `${containers.postgres}, ${containers.redis}`
      : `embedded PostgreSQL, ${'url' in redis ? 'redis-server' : 'no Redis'} (${containers.unavailable})`;
    process.stdout.write(`contract suites of database and state run on: ${where}\n`);
    if (areThere) stopContainers = containers.stop;
    project.provide('gaiaServers', {
      postgresUrl: postgres.url('postgres'),
      redis: 'url' in redis ? { url: redis.url } : redis,
      ...(areThere && { containers: plain(containers) }),
    });
  } catch (error) {
    const containers = await startingContainers;
    if ('stop' in containers) await containers.stop();
    await stop();
    throw error;
  }
  return stop;
}

/** Whether files that need the containers are among those that are run. */
function wantsContracts(project: TestProject): boolean {
  // The names on the command line; not among vitest's types.
  const { filenamePattern: filters = [] } = project.vitest as unknown as { filenamePattern?: readonly string[] };
  return filters.length === 0 || filters.some((filter) => /packages$|packages\/(state|database)/.test(filter));
}

/** What crosses processes. */
function plain({ postgresUrl, redisUrl, postgres, redis }: Containers) {
  return { postgresUrl, redisUrl, postgres, redis };
}

/** vitest leaves without a teardown when it is interrupted. */
function endAtOnce(running: readonly Server[], directory: string): void {
  if (running.length === 0) return;
  for (const { pid } of running) process.kill(pid, 'SIGQUIT');
  // While the servers end, files vanish under the removal, which then gives up without a word.
  for (let attempt = 0; attempt < 50 && existsSync(directory); attempt += 1) {
    rmSync(directory, { recursive: true, force: true });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  }
}
