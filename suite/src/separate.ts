import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { type Environment, type ServiceName, serviceNames } from './environments.ts';
import type { RunningService } from './services.ts';

const root = join(import.meta.dirname, '..', '..');

/** What a service's process needs of ours beside its settings. */
const inherited = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'LANG', 'NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS'];

const READY_WITHIN_MS = 30_000;
const END_WITHIN_MS = 20_000;

/**
 * Starts one process a service and waits until each answers. A service that ends by itself is reported and left
 * ended: in this mode parts are stopped on purpose. Each can be started again with its `node services/…` line.
 */
export async function startSeparate(
  environments: Readonly<Record<ServiceName, Environment>>,
  say: (line: string) => void,
): Promise<RunningService> {
  const children = new Map<ServiceName, ChildProcess>();
  let closing = false;
  const start = (name: ServiceName) => {
    const child = run(name, environments[name], []);
    children.set(name, child);
    child.on('exit', (code, signal) => {
      if (!closing) say(`${name} (process ${child.pid}) has ended: ${signal ?? `code ${code}`}`);
    });
    say(`${name.padEnd(8)} process ${child.pid}`);
    return answering(child, name, Number(environments[name].PORT));
  };
  const close = async () => {
    closing = true;
    // The door first; then nobody asks the others any more but they each other, and they wait for their callers.
    await end(children.get('gateway'));
    await Promise.all([...children.values()].map(end));
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
  return spawn(process.execPath, [join(root, 'services', name, 'src', 'main.ts'), ...arguments_], {
    cwd: root,
    env: { ...base, ...environment },
    stdio: ['ignore', 'inherit', 'inherit'],
    // Ctrl-C in the terminal reaches this process alone, which ends the services in order.
    detached: true,
  });
}

async function answering(child: ChildProcess, name: ServiceName, port: number): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`${name} could not start; see its message above`);
    const answer = await fetch(`http://127.0.0.1:${port}/live`, { signal: AbortSignal.timeout(1_000) }).catch(
      () => undefined,
    );
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${name} does not answer on port ${port}`);
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS);
  await ended;
  clearTimeout(timer);
}
