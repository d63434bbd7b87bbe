import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { request } from 'node:http';
import process from 'node:process';
import { isAlive } from './process-alive.ts';

/** The images that docker-compose.yml runs. */
const postgresImage = 'postgres:17';
const redisImage = 'redis:8';

export interface Containers {
  readonly postgresUrl: string;
  readonly redisUrl: string;
  /** Which, for the names of tests. */
  readonly postgres: string;
  readonly redis: string;
  stop(): Promise<void>;
}

export interface ContainerOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the engine listens, if DOCKER_HOST does not say. */
  readonly socketPath?: string;
}

const label = 'gaia.tests.pid';
const PING_MS = 1_000;
const STARTUP_MS = 60_000;

/**
 * PostgreSQL and Redis as containers, where a Docker engine answers and has the images already: nothing is downloaded.
 * Otherwise why not; `GAIA_TEST_CONTAINERS=off` is one reason. Never rejects.
 */
export async function startContainers(
  options: ContainerOptions,
): Promise<Containers | { readonly unavailable: string }> {
  if (options.env.GAIA_TEST_CONTAINERS === 'off') return { unavailable: 'GAIA_TEST_CONTAINERS is off' };
  const socketPath = socketOf(options);
  const docker = (method: string, path: string) => ask(socketPath, method, path);
  try {
    if ((await docker('GET', '/_ping')).status !== 200) return { unavailable: 'no Docker engine answers' };
  } catch {
    return { unavailable: 'no Docker engine answers' };
  }
  try {
    for (const image of [postgresImage, redisImage]) {
      const { status } = await docker('GET', `/images/${image}/json`);
      if (status !== 200) return { unavailable: `the Docker engine has no image ${image}` };
    }
    await removeLeftOvers(docker);
    return await start();
  } catch (error) {
    return { unavailable: `the containers did not start: ${error instanceof Error ? error.message : error}` };
  }
}

async function start(): Promise<Containers> {
  // Its own helper would be one more image; what a killed run leaves behind is removed by the next.
  process.env.TESTCONTAINERS_RYUK_DISABLED = 'true';
  // Where this file exists the library takes the machine for a container, and looks for its containers elsewhere.
  if (existsSync('/.dockerenv')) process.env.TESTCONTAINERS_HOST_OVERRIDE ??= '127.0.0.1';
  const { GenericContainer, Wait } = await import('testcontainers');
  const password = randomBytes(18).toString('base64url');
  const labels = { [label]: String(process.pid) };
  const postgres = new GenericContainer(postgresImage)
    .withEnvironment({ POSTGRES_PASSWORD: password })
    .withCommand(['postgres', '-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off'])
    .withTmpFs({ '/var/lib/postgresql/data': 'rw' })
    .withExposedPorts(5432)
    .withLabels(labels)
    .withWaitStrategy(Wait.forLogMessage(/database system is ready to accept connections/, 2))
    .withStartupTimeout(STARTUP_MS);
  const redis = new GenericContainer(redisImage)
    .withCommand(['redis-server', '--requirepass', password, '--save', ''])
    .withExposedPorts(6379)
    .withLabels(labels)
    .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/))
    .withStartupTimeout(STARTUP_MS);
  const started = await Promise.allSettled([postgres.start(), redis.start()]);
  const stop = async (): Promise<void> => {
    await Promise.allSettled(started.map(async (each) => each.status === 'fulfilled' && each.value.stop()));
  };
  const [one, other] = started;
  if (one.status === 'rejected' || other.status === 'rejected') {
    await stop();
    throw one.status === 'rejected' ? one.reason : (other as PromiseRejectedResult).reason;
  }
  const addressOf = ({ value }: typeof one | typeof other, port: number) =>
    `${value.getHost()}:${value.getMappedPort(port)}`;
  return {
    postgresUrl: `postgres://postgres:${password}@${addressOf(one, 5432)}/postgres`,
    redisUrl: `redis://:${password}@${addressOf(other, 6379)}`,
    postgres: `${postgresImage} in a container`,
    redis: `${redisImage} in a container`,
    stop,
  };
}

type Docker = (method: string, path: string) => Promise<{ readonly status: number; readonly body: string }>;

async function removeLeftOvers(docker: Docker): Promise<void> {
  const filters = encodeURIComponent(JSON.stringify({ label: [label] }));
  const { body } = await docker('GET', `/containers/json?all=1&filters=${filters}`);
  const containers = JSON.parse(body) as { readonly Id: string; readonly Labels: Readonly<Record<string, string>> }[];
  for (const { Id: id, Labels: labels } of containers) {
    if (!isAlive(Number(labels[label]))) await docker('DELETE', `/containers/${id}?force=1&v=1`);
  }
}

function socketOf({ env, socketPath = '/var/run/docker.sock' }: ContainerOptions): string {
  const host = env.DOCKER_HOST ?? '';
  return host.startsWith('unix://') ? host.slice('unix://'.length) : socketPath;
}

function ask(socketPath: string, method: string, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, method, path, timeout: PING_MS }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }));
      answer.on('error', reject);
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer in time')));
    asked.on('error', reject);
    asked.end();
  });
}
