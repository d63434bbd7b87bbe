import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { fetchText } from '@gaia/http-client/bounded-fetch';
import { fetch } from '@gaia/http-client/fetch';
import { type Environment, type ServiceName, serviceNames } from './environments.ts';
import type { RunningService } from './services.ts';
import { hasEnded, type RestartPolicy, type SupervisedProcess, supervise } from './supervisor.ts';

const root = join(import.meta.dirname, '..', '..');

/** What a service's process needs of ours beside its settings. */
const inherited = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'LANG', 'NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS'];

const READY_WITHIN_MS = 30_000;
/** Share of the time for the end after which a service that has not ended is killed. */
const SHARE_OF_SERVICES = 2 / 3;

export interface SeparateOptions {
  readonly say: (line: string) => void;
  readonly shutdownTimeoutMs: number;
  readonly policy: RestartPolicy;
  /** Called when a service cannot be started any more. The others are still to be closed. */
  readonly onGiveUp: (error: Error) => void;
}

/** Starts one process a service, waits until each answers, and starts those again that end by themselves. */
export async function startSeparate(
  environments: Readonly<Record<ServiceName, Environment>>,
  options: SeparateOptions,
): Promise<RunningService> {
  const living = new Set<ChildProcess>();
  const killAll = () => {
    for (const child of living) child.kill('SIGKILL');
  };
  // A process that ends at once (a second signal, the end of its time) leaves no service behind.
  process.once('exit', killAll);
  const running = new Map<ServiceName, SupervisedProcess>();
  const start = async (name: ServiceName) => {
    const supervised = supervise({
      ...options,
      now: Date.now,
      name,
      spawn: () => {
        const child = run(name, environments[name], []);
        living.add(child);
        child.once('exit', () => living.delete(child));
        return child;
      },
      answering: (child) => answering(child, name, Number(environments[name].PORT)),
    });
    running.set(name, supervised);
    await supervised.started;
  };
  const close = async () => {
    const timer = setTimeout(killAll, options.shutdownTimeoutMs * SHARE_OF_SERVICES);
    // The gateway first: then the other services get requests only from each other, and they drain.
    await running.get('gateway')?.end();
    await Promise.all([...running.values()].map((supervised) => supervised.end()));
    clearTimeout(timer);
    process.off('exit', killAll);
  };
  try {
    // Each after what it asks first: auth for keys, cms for the feed.
    await start('auth');
    await Promise.all([start('cms'), start('gateway')]);
    await Promise.all([start('assets'), start('search')]);
    return { close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Brings the database of every service that has one up to date; rejects when one cannot be. */
export async function migrateSeparate(environments: Readonly<Record<ServiceName, Environment>>): Promise<void> {
  for (const name of serviceNames) {
    if (environments[name].DATABASE_URL === undefined) continue;
    const child = run(name, environments[name], ['migrate']);
    const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
    if (code !== 0) throw new Error(`${name} could not be migrated; see its message above`);
  }
}

function run(name: ServiceName, environment: Environment, arguments_: readonly string[]): ChildProcess {
  const base = Object.fromEntries(inherited.flatMap((key) => (process.env[key] ? [[key, process.env[key]]] : [])));
  const child = spawn(process.execPath, [join(root, 'services', name, 'src', 'main.ts'), ...arguments_], {
    cwd: root,
    env: { ...base, ...environment },
    // The channel tells a service that this process has ended, however it did.
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // Ctrl-C in the terminal reaches this process alone, which ends the services in order.
    detached: true,
  });
  // A process that could not be made (EAGAIN) never answers, which is noticed there.
  child.on('error', () => {});
  return child;
}

async function answering(child: ChildProcess, name: ServiceName, port: number): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    if (hasEnded(child)) throw new Error(`${name} could not start; see its message above`);
    const request = { fetch, timeoutMs: 1_000, maxBytes: 64 * 1024 };
    const response = await fetchText(`http://127.0.0.1:${port}/live`, request).catch(() => undefined);
    if (response?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${name} does not answer on port ${port}`);
}
