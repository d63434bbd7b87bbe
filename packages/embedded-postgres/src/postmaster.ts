import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { type Cluster, spawnIn, superuser } from './cluster.ts';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import { markStale, mayBePostmaster, readPidFile } from './pid-file.ts';
import { openServerLog } from './server-log.ts';

const SILENCE_MS = 1_500;

/** A server that answers. */
export interface Postmaster {
  readonly pid: number;
  /** It was running already. */
  readonly adopted: boolean;
  hasEnded(): boolean;
}

export interface PostmasterRequest {
  readonly cluster: Cluster;
  readonly program: string;
  readonly flags: { readonly name: string; readonly args: readonly string[] };
  /** Path by which a client finds the socket. */
  readonly socketDirectory: string;
  readonly logFile: string;
  readonly timeoutMs: number;
}

/**
 * Takes over the server that a killed process left on the cluster, or starts one. The caller holds the directory's lock.
 * Throws `postgres_start_failed` or `postgres_stop_failed`.
 */
export async function runPostmaster(request: PostmasterRequest): Promise<Postmaster> {
  return (await adopt(request)) ?? (await start(request));
}

async function adopt(request: PostmasterRequest): Promise<Postmaster | undefined> {
  const { directory } = request.cluster;
  const found = readPidFile(directory);
  if (!found) return undefined;
  const deadline = performance.now() + request.timeoutMs;
  let unreachableSince: number | undefined;
  while (mayBePostmaster(found.pid, directory)) {
    const answer = await ask(request.socketDirectory);
    if (answer.kind === 'server' && answer.pid === String(found.pid) && answer.startedAt === found.startedAt) {
      if (answer.name === request.flags.name) return takenOver(found.pid, directory);
      await stopPostmaster(takenOver(found.pid, directory), request.timeoutMs);
      return undefined;
    }
    // A postmaster listens for as long as it lives: this process only has the number of a dead one.
    unreachableSince = answer.kind === 'unreachable' ? (unreachableSince ?? performance.now()) : undefined;
    if (unreachableSince !== undefined && performance.now() - unreachableSince > SILENCE_MS) {
      markStale(directory);
      return undefined;
    }
    if (performance.now() > deadline) {
      throw new EmbeddedPostgresError(
        'postgres_start_failed',
        `the PostgreSQL server left on ${directory} (process ${found.pid}) does not get ready`,
      );
    }
    await delay(25);
  }
  if (isStillNamed(directory, found.pid)) markStale(directory);
  return undefined;
}

function isStillNamed(directory: string, pid: number): boolean {
  return readPidFile(directory)?.pid === pid;
}

type Answer =
  | { readonly kind: 'server'; readonly pid: string; readonly startedAt: string; readonly name: string }
  /** Something listens, but does not serve (yet, or any more). */
  | { readonly kind: 'busy' }
  | { readonly kind: 'unreachable' };

/** Asks the server at a socket which postmaster.pid it has written. */
async function ask(socketDirectory: string): Promise<Answer> {
  const client = new pg.Client({
    host: socketDirectory,
    user: superuser,
    database: 'postgres',
    connectionTimeoutMillis: 2_000,
    query_timeout: 2_000,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ file: string; name: string }>(
      `select pg_read_file('postmaster.pid') as file, current_setting('cluster_name') as name`,
    );
    const [pid = '', , startedAt = ''] = rows[0]?.file.split('\n') ?? [];
    return { kind: 'server', pid, startedAt, name: rows[0]?.name ?? '' };
  } catch (error) {
    const code = (error as { code?: string }).code;
    return { kind: code === 'ENOENT' || code === 'ECONNREFUSED' ? 'unreachable' : 'busy' };
  } finally {
    await client.end().catch(() => {});
  }
}

/** The file goes last; the process can stay listed as a zombie. */
function takenOver(pid: number, directory: string): Postmaster {
  return { pid, adopted: true, hasEnded: () => !mayBePostmaster(pid, directory) || !isStillNamed(directory, pid) };
}

async function start(request: PostmasterRequest): Promise<Postmaster> {
  const { cluster } = request;
  const log = openServerLog(request.logFile);
  try {
    let end: string | undefined;
    const child = spawnIn(cluster, request.program, request.flags.args, log.descriptor);
    child.once('error', (error) => (end = error.message));
    child.once('exit', (code, signal) => (end = `it ended with ${signal ?? `code ${code}`}`));
    child.unref();
    const deadline = performance.now() + request.timeoutMs;
    while (end === undefined) {
      const file = readPidFile(cluster.directory);
      if (file?.ready && file.pid === child.pid) {
        return { pid: file.pid, adopted: false, hasEnded: () => end !== undefined };
      }
      if (performance.now() > deadline) {
        child.kill('SIGQUIT');
        end = `it was not ready within ${request.timeoutMs} ms`;
      }
      await delay(5);
    }
    throw new EmbeddedPostgresError(
      'postgres_start_failed',
      `PostgreSQL did not start on ${cluster.directory}: ${end}\n${log.tail()}`,
    );
  } finally {
    log.close();
  }
}

const KILLED_MS = 2_000;

/**
 * Ends a server: sessions are cut, everything committed is on disk. A fast shutdown that hangs is followed by the
 * immediate one after `timeoutMs`, and by a kill after a quarter of it more: the next start then recovers from the
 * write-ahead log. Throws `postgres_stop_failed`.
 */
export async function stopPostmaster(postmaster: Postmaster, timeoutMs: number): Promise<void> {
  const steps = [
    ['SIGINT', timeoutMs],
    ['SIGQUIT', timeoutMs / 4],
    ['SIGKILL', KILLED_MS],
  ] as const;
  for (const [signal, waitMs] of steps) {
    if (postmaster.hasEnded()) return;
    try {
      process.kill(postmaster.pid, signal);
    } catch {
      // It ended a moment ago.
      return;
    }
    const deadline = performance.now() + waitMs;
    while (!postmaster.hasEnded() && performance.now() < deadline) await delay(5);
  }
  if (postmaster.hasEnded()) return;
  throw new EmbeddedPostgresError('postgres_stop_failed', `PostgreSQL (process ${postmaster.pid}) does not stop`);
}
