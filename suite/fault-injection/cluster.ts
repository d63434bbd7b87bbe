import { type ExecFileOptions, execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { isAlive } from '@gaia/test-servers/process-alive';
import type { ContainerState } from './confinement.ts';
import { createGatewayBalancer, type GatewayBalancer } from './gateway-balancer.ts';

const root = join(import.meta.dirname, '..', '..');
const execute = promisify(execFile);

export type Service = 'gateway' | 'auth' | 'cms' | 'assets' | 'search';
export type Part = Service | 'redis' | 'postgres';
export type Fault = 'killed' | 'paused' | 'disconnected';

/** A cluster of docker-compose.yml with its own project name and ports. */
export interface Cluster {
  readonly gateways: GatewayBalancer;
  readonly password: string;
  /** Applies a fault to all these parts at once. */
  inject(parts: readonly Part[], fault: Fault): Promise<void>;
  remedy(parts: readonly Part[], fault: Fault): Promise<void>;
  /** Resolves when the replicas are healthy. */
  scale(replicas: Readonly<Partial<Record<Service, number>>>): Promise<void>;
  /** Restarts one replica after the other, each when the one before is healthy. */
  restartRolling(service: Service): Promise<void>;
  /** Keeps the volumes. */
  downAndUp(): Promise<void>;
  inspect(): Promise<readonly ContainerState[]>;
  /** The number of requests for a path that each replica has logged. */
  requestsOf(service: Service, path: string): Promise<readonly number[]>;
  remove(): Promise<void>;
}

const projectPrefix = 'gaia-faults-';
/** All load comes from one address, which the rate limits would refuse. */
const overrides = `services:
  gateway: { environment: { RATE_LIMIT: 'off' } }
  auth: { environment: { RATE_LIMIT: 'off' } }
`;

/** Builds the images, starts the cluster with its demo sites and waits until it is healthy. */
export async function startCluster(): Promise<Cluster> {
  await removeLeftOvers();
  const directory = await mkdtemp(join(tmpdir(), 'gaia-cluster-'));
  const project = `${projectPrefix}${process.pid}`;
  const port = await freePorts();
  const password = 'correct-horse-battery';
  const environment = {
    ...process.env,
    PUBLIC_URL: `http://localhost:${port}`,
    GATEWAY_PORTS: `${port}-${port + 1}`,
    GAIA_ADMIN_PASSWORD: password,
  };
  const { stdout: secrets } = await execute('sh', [join(root, 'deploy', 'make-env.sh')], { env: environment });
  const envFile = join(directory, 'env');
  const overrideFile = join(directory, 'override.yml');
  await writeFile(envFile, secrets, { mode: 0o600 });
  await writeFile(overrideFile, overrides);
  const files = ['--file', join(root, 'docker-compose.yml'), '--file', overrideFile];
  const compose = (...arguments_: readonly string[]) =>
    run('docker', ['compose', ...files, '--project-name', project, '--env-file', envFile, ...arguments_]);
  const network = `${project}_default`;
  const containers = async (part: Part) =>
    (await compose('ps', '--all', '--quiet', part)).split('\n').filter((line) => line !== '');
  const each = (parts: readonly Part[], action: (part: Part, id: string) => Promise<unknown>) =>
    Promise.all(parts.map(async (part) => Promise.all((await containers(part)).map(async (id) => action(part, id)))));

  const gateways = createGatewayBalancer();
  const addressOf = async (gateway: string) => {
    const published = await run('docker', ['port', gateway, '8080/tcp']);
    return `http://${published.trim().split('\n')[0] ?? ''}`;
  };
  const openGateways = async () => gateways.use(await Promise.all((await containers('gateway')).map(addressOf)));
  const up = async (...more: readonly string[]) => {
    await compose('up', '--detach', '--wait', '--wait-timeout', '300', ...more);
    await openGateways();
  };
  const remove = async () => {
    await compose('--profile', 'demo', 'down', '--volumes', '--remove-orphans', '--timeout', '5');
    await rm(directory, { recursive: true, force: true });
  };

  try {
    const build = () => compose('--profile', 'demo', 'build');
    // The build fetches packages over the network: one retry.
    await build().catch(build);
    await up();
    await compose('run', '--rm', 'demo');
  } catch (error) {
    console.log((await compose('logs', '--tail', '40').catch(() => '')).slice(-20_000));
    await remove();
    throw error;
  }
  return {
    gateways,
    password,
    async inject(parts, fault) {
      await each(parts, (_part, id) => {
        if (fault === 'killed') return run('docker', ['kill', id]);
        if (fault === 'paused') return run('docker', ['pause', id]);
        return run('docker', ['network', 'disconnect', network, id]);
      });
    },
    async remedy(parts, fault) {
      await each(parts, (part, id) => {
        if (fault === 'killed') return run('docker', ['start', id]);
        if (fault === 'paused') return run('docker', ['unpause', id]);
        return run('docker', ['network', 'connect', '--alias', part, network, id]);
      });
      // Docker may give a restarted gateway another port of its range.
      if (parts.includes('gateway')) await openGateways();
    },
    async scale(replicas) {
      const wanted = Object.entries(replicas).flatMap(([service, count]) => ['--scale', `${service}=${count}`]);
      await up('--no-recreate', ...wanted);
    },
    async restartRolling(service) {
      for (const id of await containers(service)) {
        // Load balancers take a server out of rotation before its restart.
        const address = service === 'gateway' ? await addressOf(id) : undefined;
        if (address !== undefined) gateways.exclude(address);
        await run('docker', ['restart', '--time', '20', id]);
        await healthy(id);
        if (service === 'gateway') await openGateways();
      }
    },
    async downAndUp() {
      await compose('down', '--timeout', '20');
      await up();
    },
    inspect: async () => {
      const ids = (await compose('ps', '--quiet')).split('\n').filter((line) => line !== '');
      return JSON.parse(await run('docker', ['inspect', ...ids]));
    },
    requestsOf: async (service, path) => {
      const logs = await Promise.all((await containers(service)).map((id) => run('docker', ['logs', id])));
      return logs.map((log) => log.split(`"path":"${path}"`).length - 1);
    },
    remove,
  };
}

/** Why Docker with Compose is unavailable; undefined if it is available. */
export async function dockerReason(): Promise<string | undefined> {
  try {
    await execute('docker', ['info', '--format', '{{.ServerVersion}}'], { timeout: 10_000 });
    await execute('docker', ['compose', 'version'], { timeout: 10_000 });
    return undefined;
  } catch {
    return 'Docker with Compose is unavailable';
  }
}

/** Removes the clusters of killed runs. */
async function removeLeftOvers(): Promise<void> {
  const projects = JSON.parse(await run('docker', ['compose', 'ls', '--all', '--format', 'json'])) as {
    readonly Name: string;
  }[];
  for (const { Name: name } of projects) {
    const pid = name.startsWith(projectPrefix) ? Number(name.slice(projectPrefix.length)) : 0;
    if (pid > 0 && !isAlive(pid)) {
      await run('docker', ['compose', '--project-name', name, 'down', '--volumes', '--timeout', '5']);
    }
  }
}

async function healthy(id: string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    const status = await run('docker', ['inspect', '--format', '{{.State.Health.Status}}', id]);
    if (status.trim() === 'healthy') return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`the container ${id} did not become healthy`);
}

async function run(command: string, arguments_: readonly string[], options: ExecFileOptions = {}): Promise<string> {
  const { stdout } = await execute(command, arguments_, {
    cwd: root,
    maxBuffer: 256 * 1024 * 1024,
    timeout: 900_000,
    ...options,
  });
  return String(stdout);
}

/** The first of two consecutive free ports. */
async function freePorts(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if ((await isFree(port)) && (await isFree(port + 1))) return port;
  }
  throw new Error('no two consecutive ports are free');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
