import { type ExecFileOptions, execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '..', '..');
const execute = promisify(execFile);

export type Part = 'gateway' | 'auth' | 'cms' | 'assets' | 'search' | 'redis' | 'postgres';
export type Fault = 'killed' | 'frozen' | 'cut off';

/** The cluster of docker-compose.yml under a project name and port of its own. */
export interface Cluster {
  readonly url: string;
  readonly password: string;
  compose(...arguments_: readonly string[]): Promise<string>;
  break(part: Part, fault: Fault): Promise<void>;
  mend(part: Part, fault: Fault): Promise<void>;
  remove(): Promise<void>;
}

/** Builds the images if they are missing, starts the cluster and waits until it is healthy. */
export async function startCluster(): Promise<Cluster> {
  const directory = await mkdtemp(join(tmpdir(), 'gaia-cluster-'));
  const project = `gaia-faults-${process.pid}`;
  const port = await freePort();
  const password = 'correct-horse-battery';
  const environment = {
    ...process.env,
    PUBLIC_URL: `http://localhost:${port}`,
    GATEWAY_PORTS: String(port),
    GAIA_ADMIN_PASSWORD: password,
  };
  const { stdout: secrets } = await execute('sh', [join(root, 'deploy', 'make-env.sh')], { env: environment });
  const envFile = join(directory, 'env');
  await writeFile(envFile, secrets, { mode: 0o600 });
  const run = async (command: string, arguments_: readonly string[], options: ExecFileOptions = {}) => {
    const { stdout } = await execute(command, arguments_, { cwd: root, maxBuffer: 64 * 1024 * 1024, ...options });
    return String(stdout);
  };
  const compose = (...arguments_: readonly string[]) =>
    run('docker', ['compose', '--project-name', project, '--env-file', envFile, ...arguments_]);
  const container = async (part: Part) => (await compose('ps', '--all', '--quiet', part)).trim();
  const network = `${project}_default`;

  const remove = async () => {
    await compose('down', '--volumes', '--timeout', '5');
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await compose('up', '--detach', '--wait', '--build');
    await compose('run', '--rm', '--build', 'demo');
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    url: `http://localhost:${port}`,
    password,
    compose,
    async break(part, fault) {
      const id = await container(part);
      if (fault === 'killed') await run('docker', ['kill', id]);
      else if (fault === 'frozen') await run('docker', ['pause', id]);
      else await run('docker', ['network', 'disconnect', network, id]);
    },
    async mend(part, fault) {
      const id = await container(part);
      if (fault === 'killed') await run('docker', ['start', id]);
      else if (fault === 'frozen') await run('docker', ['unpause', id]);
      else await run('docker', ['network', 'connect', '--alias', part, network, id]);
    },
    remove,
  };
}

/** Whether a Docker engine with Compose answers, or why not. */
export async function dockerReason(): Promise<string | undefined> {
  try {
    await execute('docker', ['info', '--format', '{{.ServerVersion}}'], { timeout: 10_000 });
    await execute('docker', ['compose', 'version'], { timeout: 10_000 });
    return undefined;
  } catch {
    return 'no Docker engine with Compose answers';
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
