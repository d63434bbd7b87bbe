import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { copyToCache } from './binary-cache.ts';
import { type BinaryPackage, makeLinks } from './binary-package.ts';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import type { ServerUser } from './server-user.ts';

export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  readonly version: string;
}

/**
 * Makes the binaries ready for `user` (undefined: this process's): where they are installed if that user can run them
 * there, else from a copy in the first of the directories where that works. Throws `binaries_unusable`.
 */
export async function prepareBinaries(
  found: BinaryPackage,
  user: ServerUser | undefined,
  directories: readonly string[],
): Promise<Binaries> {
  const failures: string[] = [];
  if (makeLinks(found, found.native)) {
    const installed = binariesIn(found.native, found.version);
    const failure = await failureOf(installed, user);
    if (failure === undefined) return installed;
    failures.push(`${found.native}: ${failure}`);
  }
  for (const directory of directories) {
    try {
      const copied = binariesIn(copyToCache(found, directory), found.version);
      const failure = await failureOf(copied, user);
      if (failure === undefined) return copied;
      failures.push(`${directory}: ${failure}`);
    } catch (error) {
      failures.push(`${directory}: ${error instanceof Error ? error.message : error}`);
    }
  }
  throw new EmbeddedPostgresError(
    'binaries_unusable',
    `PostgreSQL's binaries do not run on this machine; set DATABASE_URL to a server of your own (${failures.join('; ')})`,
  );
}

function binariesIn(native: string, version: string): Binaries {
  const bin = join(native, 'bin');
  return { postgres: join(bin, 'postgres'), initdb: join(bin, 'initdb'), version };
}

/** Runs `postgres --version` as the user: the one test of paths, permissions, libraries and processor together. */
async function failureOf(binaries: Binaries, user: ServerUser | undefined): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { cwd: '/', env: {}, timeout: 10_000, ...user };
    execFile(binaries.postgres, ['--version'], options, (error, _stdout, stderr) => {
      resolve(error ? (stderr.trim() || error.message).slice(0, 500) : undefined);
    });
  });
}
