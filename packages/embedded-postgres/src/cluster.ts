import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Binaries } from './binaries.ts';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import { writePrivately } from './private-file.ts';
import { isRoot, namedUser, type ServerUser, serverUser } from './server-user.ts';

export const superuser = 'gaia';

/** The directory of a PostgreSQL server, and whom the server runs as. */
export interface Cluster {
  readonly directory: string;
  readonly user: ServerUser | undefined;
}

/** The cluster in `<dataDir>/data`, if it has been made. Throws `data_dir_other_version`. */
export function findCluster(dataDir: string, serverVersion: string): Cluster | undefined {
  const directory = join(dataDir, 'data');
  if (!existsSync(directory)) return undefined;
  const major = serverVersion.split('.')[0];
  let version: string;
  try {
    version = readFileSync(join(directory, 'PG_VERSION'), 'utf8').trim();
  } catch (cause) {
    throw new EmbeddedPostgresError('data_dir_unusable', `${directory} is not a readable PostgreSQL directory`, {
      cause,
    });
  }
  if (version !== major) {
    throw new EmbeddedPostgresError(
      'data_dir_other_version',
      `${directory} was made by PostgreSQL ${version}, and this is ${major}; dump it with the old one and restore it`,
    );
  }
  return { directory, user: serverUser(statSync(directory)) };
}

/**
 * Makes a cluster: UTF-8, sorted by code point, on every platform alike. It is made beside its place and renamed, so one
 * that is there is whole. `durable: false` leaves out the flush to disk.
 */
export async function createCluster(dataDir: string, binaries: Binaries, durable: boolean): Promise<Cluster> {
  for (const name of readdirSync(dataDir)) {
    if (name.startsWith('data.new-')) rmSync(join(dataDir, name), { recursive: true, force: true, maxRetries: 3 });
  }
  const directory = join(dataDir, 'data');
  const fresh = join(dataDir, `data.new-${randomBytes(6).toString('hex')}`);
  const maker = namedUser();
  const user = serverUser(undefined);
  try {
    await initialise(fresh, binaries, maker, durable);
    // A client of the socket is the superuser, so the mode of the directory is the only protection.
    writePrivately(join(fresh, 'pg_hba.conf'), 'local all all trust\n');
    if (user) giveTo(fresh, user);
    renameSync(fresh, directory);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    throw error;
  }
  return { directory, user };
}

async function initialise(
  directory: string,
  binaries: Binaries,
  user: ServerUser | undefined,
  durable: boolean,
): Promise<void> {
  let output = '';
  // Full text and trigrams ask the C library what a letter is; without a UTF-8 locale only ASCII would count.
  for (const ctype of ['C.UTF-8', 'en_US.UTF-8', 'C']) {
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { mode: 0o700 });
    if (user) giveTo(directory, user);
    const args = ['-U', superuser, '-A', 'trust', '-E', 'UTF8', '--locale=C', `--lc-ctype=${ctype}`];
    args.push('--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions');
    if (!durable) args.push('--no-sync');
    const child = spawnIn({ directory, user }, binaries.initdb, args, 'pipe');
    output = await outputOf(child);
    if (child.exitCode === 0) return;
    if (!output.includes('invalid locale name')) break;
  }
  throw new EmbeddedPostgresError('postgres_start_failed', `initdb failed in ${directory}: ${output.slice(-1_000)}`);
}

/**
 * Runs one of PostgreSQL's programs on a cluster. Its user need not be able to walk to the directory: the program starts
 * inside it and reaches it as /proc/self/cwd, so a checkout below a private home serves root too.
 * The program gets a session of its own: Ctrl-C at the terminal is for Gaia, which stops the server last.
 */
export function spawnIn(
  cluster: Cluster,
  program: string,
  args: readonly string[],
  output: 'pipe' | number,
): ChildProcess {
  const path = isRoot() && existsSync('/proc/self/cwd') ? '/proc/self/cwd' : cluster.directory;
  return spawn(program, ['-D', path, ...args], {
    cwd: cluster.directory,
    // macOS starts a thread to find a locale where none is given, and the server refuses to run with threads.
    env: { TZ: 'UTC', LC_ALL: 'C' },
    stdio: ['ignore', output, output],
    detached: true,
    ...cluster.user,
  });
}

async function outputOf(child: ChildProcess): Promise<string> {
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-4_000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', () => resolve(output));
  });
}

function giveTo(directory: string, user: ServerUser): void {
  lchownSync(directory, user.uid, user.gid);
  chmodSync(directory, 0o700);
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    lchownSync(join(directory, name), user.uid, user.gid);
  }
}
