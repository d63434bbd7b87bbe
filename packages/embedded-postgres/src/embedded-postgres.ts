import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { socketPath } from '@gaia/socket-path';
import pg from 'pg';
import { prepareBinaries } from './binaries.ts';
import { cacheDirectories } from './binary-cache.ts';
import { findBinaryPackage } from './binary-package.ts';
import { createCluster, findCluster, superuser } from './cluster.ts';
import { lockDataDirectory } from './data-directory-lock.ts';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import { runPostmaster, stopPostmaster } from './postmaster.ts';
import { serverFlags } from './server-flags.ts';
import { serverUser } from './server-user.ts';

export interface EmbeddedPostgresOptions {
  /** The server's own directory; made if missing. Everything that it keeps is in it. */
  readonly dataDir: string;
  /** Gets one plain line for each thing that a person may want to know. */
  readonly log?: (line: string) => void;
  /** False gives up safety against power cuts for speed: for tests alone. Default true. */
  readonly durable?: boolean;
  /** Longest wait for the server to get ready (recovery after a power cut included). Default 60,000. */
  readonly timeoutMs?: number;
  /** Longest wait for the server to stop by itself; then it is killed, and the next start recovers. Default 8,000. */
  readonly stopTimeoutMs?: number;
  /** Called when the server ends without having been told to. */
  readonly onUnexpectedEnd?: (error: EmbeddedPostgresError) => void;
}

export interface EmbeddedPostgres {
  /** Whether the server was found running, left by a process that had been killed. */
  readonly adopted: boolean;
  /** The server's main process. */
  readonly pid: number;
  /** Connection string of a database, over the unix socket. Access to the data directory needs no password. */
  url(database: string): string;
  /** Creates the database if it is missing; gives its connection string. The name: `[a-z][a-z0-9_]{0,62}`. */
  ensureDatabase(name: string): Promise<string>;
  /** Stops the server and waits for it; open connections are cut. Calling it again gives the same promise. */
  stop(): Promise<void>;
}

export { EmbeddedPostgresError, lockDataDirectory };

/**
 * Starts PostgreSQL on a directory, or takes over the server that a killed process left there.
 * The directory is this process's until `stop`, or until it dies: a second start fails with `data_dir_in_use`.
 * Throws EmbeddedPostgresError with one of its codes.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const release = lockDataDirectory(resolve(options.dataDir), 'postgres');
  try {
    return await startLocked(options, realpathSync(options.dataDir), release);
  } catch (error) {
    release();
    if (error instanceof EmbeddedPostgresError) throw error;
    // Left over: what the file system refuses, full disks and foreign owners.
    const reason = error instanceof Error ? error.message : String(error);
    throw new EmbeddedPostgresError('data_dir_unusable', `${options.dataDir} cannot be used: ${reason}`, {
      cause: error,
    });
  }
}

async function startLocked(
  options: EmbeddedPostgresOptions,
  dataDir: string,
  release: () => void,
): Promise<EmbeddedPostgres> {
  const { log = () => {}, durable = true, timeoutMs = 60_000, stopTimeoutMs = 8_000 } = options;
  const found = findBinaryPackage();
  const existing = findCluster(dataDir, found.version);
  const user = existing ? existing.user : serverUser(undefined);
  const binaries = await prepareBinaries(found, user, cacheDirectories());
  const cluster = existing ?? (await createCluster(dataDir, binaries, durable));
  const socket = socketPath(cluster.directory, '.s.PGSQL.5432');
  try {
    const flags = serverFlags(binaries, durable);
    const logFile = join(dataDir, 'postgres.log');
    const request = {
      cluster,
      program: binaries.postgres,
      flags,
      socketDirectory: socket.directory,
      logFile,
      timeoutMs,
    };
    const postmaster = await runPostmaster(request);
    log(describe(postmaster.adopted, existing === undefined, cluster.directory));
    const watch = setInterval(() => {
      if (!postmaster.hasEnded()) return;
      clearInterval(watch);
      const message = `PostgreSQL on ${cluster.directory} has ended by itself; see ${logFile}`;
      options.onUnexpectedEnd?.(new EmbeddedPostgresError('postgres_ended', message));
    }, 1_000);
    watch.unref();
    let stopping: Promise<void> | undefined;
    const stop = async (): Promise<void> => {
      clearInterval(watch);
      try {
        await stopPostmaster(postmaster, stopTimeoutMs);
      } finally {
        socket.remove();
        release();
      }
    };
    return {
      adopted: postmaster.adopted,
      pid: postmaster.pid,
      url: (database) => urlOf(socket.directory, database),
      ensureDatabase: (name) => ensureDatabase(urlOf(socket.directory, 'postgres'), name, socket.directory),
      stop: () => {
        stopping ??= stop();
        return stopping;
      },
    };
  } catch (error) {
    socket.remove();
    throw error;
  }
}

function describe(adopted: boolean, fresh: boolean, directory: string): string {
  if (adopted) return `PostgreSQL was still running on ${directory}: taken over`;
  return fresh ? `PostgreSQL started on ${directory}, newly made` : `PostgreSQL started on ${directory}`;
}

/** The host part only makes it a URL that every parser takes: the parameter, a directory, goes before it. */
function urlOf(socketDirectory: string, database: string): string {
  return `postgresql://${superuser}@localhost/${encodeURIComponent(database)}?host=${encodeURIComponent(socketDirectory)}`;
}

async function ensureDatabase(adminUrl: string, name: string, socketDirectory: string): Promise<string> {
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(name)) {
    throw new EmbeddedPostgresError('database_name_invalid', `"${name.slice(0, 80)}" cannot be a database's name`);
  }
  const client = new pg.Client({ connectionString: adminUrl });
  client.on('error', () => {});
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount === 0) await client.query(`create database "${name}"`);
  } catch (error) {
    // duplicate_database, or the unique index where two create it at the same moment.
    if (!['42P04', '23505'].includes((error as { code?: string }).code ?? '')) throw error;
  } finally {
    await client.end();
  }
  return urlOf(socketDirectory, name);
}
